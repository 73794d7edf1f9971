-- Current votes, and ratings without a label, of a study's panels on all clips of its corpora, with the reason where the study
-- leaves a clip out; clips without a vote have a row too. The braces take numbers of study, corpora and panels, and a condition
-- of ours.
FROM clips
JOIN corpora USING (corpus_id)
LEFT JOIN (
    SELECT * FROM current_votes WHERE panel_id IN ({panels})
    UNION ALL BY NAME
    SELECT * FROM current_ratings WHERE emotion_id IS NULL AND panel_id IN ({panels})
) AS answers ON answers.clip_id = clips.clip_id
CROSS JOIN (SELECT map(list(emotion_id), list(name)) AS names FROM emotions) AS emotion_names
LEFT JOIN (SELECT * FROM study_clips WHERE study_id = {study}) AS study_clips ON study_clips.clip_id = clips.clip_id
LEFT JOIN (SELECT * FROM study_exclusions WHERE study_id = {study}) AS left_out ON left_out.clip_id = clips.clip_id
LEFT JOIN panels ON panels.panel_id = answers.panel_id
LEFT JOIN emotions ON emotions.emotion_id = answers.emotion_id
LEFT JOIN raters ON raters.rater_id = answers.rater_id
LEFT JOIN rater_codes ON rater_codes.rater_id = answers.rater_id
WHERE clips.corpus_id IN ({corpora}) {kept}
