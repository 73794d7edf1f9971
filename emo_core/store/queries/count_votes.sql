-- Counts of both panels for each clip of the corpora, clips without votes included.
-- The braces take lists of count columns made of numbers by counting.count_columns, and why a clip is left out whatever its
-- votes, by counting.without, with the tables that this looks at.
-- $: corpora; panels and left_out where a rater is left out; what counting.without binds
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
    {without} AS without,
    counted.* EXCLUDE (clip_id)
FROM clips
LEFT JOIN counted USING (clip_id)
{joined}
WHERE list_contains($corpora, clips.corpus_id) {touched}
ORDER BY clips.clip_id
