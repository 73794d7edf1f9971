-- How many votes of each kind a panel has on each clip that a study keeps; votes of one kind have the same label and the same
-- further labels. In which order votes are stored plays no part. The braces take a condition of ours.
-- $: study, panels, left_out where a rater is
SELECT
    answers.clip_id, answers.emotion_id, answers.secondary_ids,
    list_transform(
        range(1, len(answers.secondary_ids) + 1), lambda i: coalesce(answers.secondary_strengths[i], 1.0)
    ) AS strengths,
    count(*) AS votes
FROM current_votes AS answers
JOIN study_clips ON study_clips.clip_id = answers.clip_id AND study_clips.study_id = $study
WHERE list_contains($panels, answers.panel_id) {heard}
GROUP BY ALL
