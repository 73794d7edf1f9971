-- Votes and ratings on the clips that a study keeps, earlier ones first where times are known, else as they are stored. An
-- emotion of 0 is none.
-- $: study, panels, left_out where a rater is
SELECT
    answers.clip_id, coalesce(answers.rater_id, -1) AS rater_id, coalesce(answers.emotion_id, 0) AS emotion_id,
    answers.valence::DOUBLE AS valence, answers.arousal::DOUBLE AS arousal, answers.dominance::DOUBLE AS dominance,
    answers.seconds::DOUBLE AS seconds
FROM (
    SELECT * FROM current_votes
    UNION ALL BY NAME
    SELECT * FROM current_ratings WHERE emotion_id IS NULL
) AS answers
JOIN study_clips ON study_clips.clip_id = answers.clip_id AND study_clips.study_id = $study
WHERE list_contains($panels, answers.panel_id) {heard}
ORDER BY coalesce(answers.voted_at, TIMESTAMP '0001-01-01'), answers.vote_id
