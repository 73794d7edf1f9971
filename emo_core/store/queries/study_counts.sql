-- The braces take what a clip is called (studies.clip_key).
-- $: study
SELECT
    {key} AS clip, study_clips.clip_id, corpora.name AS corpus, is_test, reference_counts, candidate_counts, reference_weights, candidate_weights,
    outside_reference, outside_candidate, clips.speaker
FROM study_clips
JOIN clips USING (clip_id)
JOIN corpora USING (corpus_id)
WHERE study_id = $study
ORDER BY study_clips.clip_id
