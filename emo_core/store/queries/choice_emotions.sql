-- $: corpora. Whether any vote has secondary labels, and every emotion that labels or secondary labels name.
WITH used AS (
    SELECT emotion_id, secondary_ids
    FROM votes
    JOIN panels USING (panel_id)
    WHERE list_contains($corpora, corpus_id)
    GROUP BY ALL
)
SELECT
    (SELECT count(*) FROM used WHERE secondary_ids IS NOT NULL) > 0,
    (
        SELECT list(DISTINCT emotions.name)
        FROM (SELECT emotion_id FROM used UNION SELECT unnest(secondary_ids) FROM used) AS named
        JOIN emotions USING (emotion_id)
    )
