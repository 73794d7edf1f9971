-- $: corpus. What a study needs to know of each panel; counting distinct clips and raters would take ten times as long.
SELECT panels.name, panels.kind, count(*) AS votes, list(DISTINCT emotions.name) AS emotions
FROM panels
JOIN current_votes USING (panel_id)
JOIN emotions USING (emotion_id)
WHERE panels.corpus_id = $corpus
GROUP BY panels.panel_id, panels.name, panels.kind
ORDER BY panels.panel_id
