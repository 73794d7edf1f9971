-- Secondary labels of the votes that count, one row each.
-- $: panels, reference, left_out where a rater is
SELECT
    clip_id, vote_id, list_contains($reference, panel_id) AS is_reference, emotion_id,
    unnest(secondary_ids) AS secondary_id,
    coalesce(unnest(secondary_strengths), 1.0) AS strength
FROM current_votes
WHERE secondary_ids IS NOT NULL {heard} {touched}
