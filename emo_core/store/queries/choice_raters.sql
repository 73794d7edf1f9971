-- $: corpora. Names of the raters of each panel.
SELECT panels.name, list(DISTINCT raters.name ORDER BY raters.name)
FROM panels
JOIN raters USING (panel_id)
WHERE list_contains($corpora, panels.corpus_id)
GROUP BY panels.name
