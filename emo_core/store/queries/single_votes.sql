-- Votes on the clips that a study keeps, in an order that repeats and says nothing about which came first (see timed_votes).
-- The braces take a condition of ours.
-- $: study, panels, left_out where a rater is
SELECT answers.clip_id, coalesce(answers.rater_id, -1) AS rater_id, answers.emotion_id
FROM current_votes AS answers
JOIN study_clips ON study_clips.clip_id = answers.clip_id AND study_clips.study_id = $study
WHERE list_contains($panels, answers.panel_id) {heard}
ORDER BY answers.vote_id
