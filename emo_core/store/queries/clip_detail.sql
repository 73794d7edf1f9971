-- The braces take what a clip is called (studies.clip_key).
-- $: study, corpora, clip
SELECT
    clips.clip_id, {key} AS clip, corpora.name AS corpus, clips.name, clips.audio, clips.start_s, clips.end_s,
    clips.duration_s, clips.transcript, clips.speaker, clips.session, clips.partition, clips.metadata,
    CASE WHEN is_test THEN 'test' WHEN NOT is_test THEN 'train' END AS split,
    n_reference, n_candidate, reference_counts, candidate_counts, reference_weights, candidate_weights,
    js_divergence AS js, total_variation AS tv, bhattacharyya_coefficient AS bc,
    entropy_reference, entropy_candidate, entropy_combined, majority_reference, majority_candidate,
    study_exclusions.reason AS excluded
FROM clips
JOIN corpora USING (corpus_id)
LEFT JOIN study_clips ON study_clips.clip_id = clips.clip_id AND study_clips.study_id = $study
LEFT JOIN study_exclusions ON study_exclusions.clip_id = clips.clip_id AND study_exclusions.study_id = $study
WHERE list_contains($corpora, clips.corpus_id) AND {key} = $clip
