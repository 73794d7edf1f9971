-- Counts of both panels for each clip of the corpora, clips without votes included.
-- The braces take lists of count columns made of numbers by counting.count_columns.
-- $: corpora; panels and left_out where a rater is left out
WITH counted AS (
    SELECT
        clip_id,
        {columns}
    FROM current_votes
    WHERE true {heard} {touched}
    GROUP BY clip_id
)
SELECT
    clips.clip_id,
    {unit_hash} AS unit_hash,
    counted.* EXCLUDE (clip_id)
FROM clips
LEFT JOIN counted USING (clip_id)
WHERE list_contains($corpora, clips.corpus_id) {touched}
ORDER BY clips.clip_id
