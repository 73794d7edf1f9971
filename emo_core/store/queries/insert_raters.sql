-- $: corpus
INSERT INTO raters
SELECT
    (SELECT coalesce(max(rater_id), 0) FROM raters) + row_number() OVER (ORDER BY panel_id, name, persona, temperature),
    panel_id, name, persona, temperature
FROM (
    SELECT DISTINCT panels.panel_id, incoming.rater AS name, persona, temperature
    FROM incoming
    JOIN panels ON panels.corpus_id = $corpus AND panels.name = incoming.panel
    WHERE incoming.rater IS NOT NULL
) AS fresh
WHERE NOT EXISTS (
    SELECT 1
    FROM raters
    WHERE raters.panel_id = fresh.panel_id AND raters.name = fresh.name
        AND raters.persona IS NOT DISTINCT FROM fresh.persona
        AND raters.temperature IS NOT DISTINCT FROM fresh.temperature
)
