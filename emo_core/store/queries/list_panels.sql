-- $: corpus id. Current votes, raters and clips of each panel, with the emotions it used.
SELECT
    panels.name, panels.kind,
    count(*) AS votes,
    count(DISTINCT current_votes.clip_id) AS clips,
    count(DISTINCT current_votes.rater_id) AS raters,
    list(DISTINCT emotions.name) AS emotions
FROM panels
JOIN current_votes USING (panel_id)
JOIN emotions USING (emotion_id)
WHERE panels.corpus_id = $corpus
GROUP BY panels.panel_id, panels.name, panels.kind
ORDER BY panels.panel_id
