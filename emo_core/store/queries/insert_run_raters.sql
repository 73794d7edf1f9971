-- $: corpus, panel
INSERT INTO raters
SELECT
    (SELECT coalesce(max(rater_id), 0) FROM raters) + row_number() OVER (ORDER BY rater), $panel, rater, persona, temperature
FROM (SELECT DISTINCT rater, persona, temperature FROM staged_draws WHERE corpus_id = $corpus)
WHERE rater NOT IN (SELECT name FROM raters WHERE panel_id = $panel)
