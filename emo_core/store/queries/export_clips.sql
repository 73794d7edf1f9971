-- Every clip of a study's corpora, with its statistics where the study keeps it and the reason where it does not.
-- The braces take numbers of the study and its corpora, and a condition of ours.
FROM clips
JOIN corpora USING (corpus_id)
LEFT JOIN (SELECT * FROM study_clips WHERE study_id = {study}) AS study_clips ON study_clips.clip_id = clips.clip_id
LEFT JOIN (SELECT * FROM study_exclusions WHERE study_id = {study}) AS left_out ON left_out.clip_id = clips.clip_id
WHERE clips.corpus_id IN ({corpora}) {kept}
