-- The page is cut from the narrow table first; only its rows look up their clips. The braces take the table of clips kept or
-- left out, conditions and order of ours, and what a clip is called (studies.clip_key).
-- $: study, limit, offset, and what the filter binds
WITH page AS (
    SELECT study_clips.*, row_number() OVER () AS place
    FROM (
        SELECT study_clips.*
        FROM {rows} AS study_clips {joined}
        WHERE study_id = $study {clause}
        ORDER BY {order}
        LIMIT $limit OFFSET $offset
    ) AS study_clips
)
SELECT
    {key} AS clip, clips.speaker, clips.transcript, clips.audio IS NOT NULL AS has_audio,
    CASE WHEN is_test THEN 'test' WHEN NOT is_test THEN 'train' END AS split,
    n_reference, n_candidate, reference_counts, candidate_counts, reference_weights, candidate_weights,
    js_divergence AS js, total_variation AS tv, bhattacharyya_coefficient AS bc,
    entropy_reference, entropy_candidate, entropy_combined,
    majority_reference, majority_candidate, page.reason AS excluded
FROM page
JOIN clips USING (clip_id)
JOIN corpora USING (corpus_id)
ORDER BY place
