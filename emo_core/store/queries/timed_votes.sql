-- What says in which order the votes on a clip came: the time of each in microseconds, and the draw of a model's run; NULL where
-- it is not recorded. The braces take a condition of ours.
-- $: study, panels, left_out where a rater is
SELECT
    answers.clip_id, answers.emotion_id, epoch_us(answers.voted_at) AS at,
    TRY_CAST(json_extract_string(answers.provenance, '$.draw') AS BIGINT) AS draw
FROM current_votes AS answers
JOIN study_clips ON study_clips.clip_id = answers.clip_id AND study_clips.study_id = $study
WHERE list_contains($panels, answers.panel_id) {heard}
