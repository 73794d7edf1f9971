-- The page is cut from the narrow table first; only its rows look up their clips.
-- $: study, limit, offset, and what the filter binds
WITH page AS (
    SELECT study_clips.*, row_number() OVER () AS place
    FROM (
        SELECT study_clips.*
        FROM study_clips {joined}
        WHERE study_id = $study {clause}
        ORDER BY {order}
        LIMIT $limit OFFSET $offset
    ) AS study_clips
)
SELECT
    clips.name AS clip, clips.speaker, clips.transcript, clips.audio IS NOT NULL AS has_audio,
    CASE WHEN is_test THEN 'test' ELSE 'train' END AS split,
    n_reference, n_candidate, reference_counts, candidate_counts,
    js_divergence AS js, total_variation AS tv, bhattacharyya_coefficient AS bc,
    entropy_reference, entropy_candidate, entropy_combined,
    majority_reference, majority_candidate
FROM page
JOIN clips USING (clip_id)
ORDER BY place
