-- Counts of both panels for each clip of a corpus, clips without votes included.
-- The braces take lists of count columns made of numbers by studies._count_columns.
-- $: corpus, reference, candidate (0: none)
WITH counted AS (
    SELECT
        clip_id,
        {columns}
    FROM current_votes
    WHERE panel_id IN ($reference, $candidate) {touched}
    GROUP BY clip_id
)
SELECT
    clips.clip_id,
    {unit_hash} AS unit_hash,
    counted.* EXCLUDE (clip_id)
FROM clips
LEFT JOIN counted USING (clip_id)
WHERE clips.corpus_id = $corpus {touched}
ORDER BY clips.clip_id
