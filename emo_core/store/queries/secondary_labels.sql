-- Secondary labels of the votes that count, one row each.
-- The braces take conditions made of numbers by counting.count.
-- $: panels and left_out where a rater is left out
SELECT
    clip_id, vote_id, {is_reference} AS is_reference, emotion_id,
    unnest(secondary_ids) AS secondary_id,
    coalesce(unnest(secondary_strengths), 1.0) AS strength
FROM current_votes
WHERE secondary_ids IS NOT NULL {heard} {touched}
