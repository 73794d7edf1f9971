-- Names that no clip of the corpora has. The braces take what a clip is called (counting.clip_key).
-- $: corpora, clips
SELECT name
FROM (SELECT unnest($clips) AS name) AS asked
WHERE name NOT IN (
    SELECT {key} FROM clips JOIN corpora USING (corpus_id) WHERE list_contains($corpora, corpus_id)
)
ORDER BY name
