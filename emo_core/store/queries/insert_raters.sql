-- $: corpus
INSERT INTO raters
SELECT
    (SELECT coalesce(max(rater_id), 0) FROM raters) + row_number() OVER (ORDER BY panel_id, name),
    panel_id, name, persona, temperature
FROM (
    SELECT panels.panel_id, incoming.rater AS name, any_value(persona) AS persona, any_value(temperature) AS temperature
    FROM incoming
    JOIN panels ON panels.corpus_id = $corpus AND panels.name = incoming.panel
    WHERE incoming.rater IS NOT NULL
    GROUP BY ALL
)
ANTI JOIN raters USING (panel_id, name)
