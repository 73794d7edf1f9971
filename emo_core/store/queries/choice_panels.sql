-- $: corpora. Panels by name, and in how many of the corpora they are; those of people first, then in order of arrival.
-- A pilot's is left out: its votes count nowhere.
SELECT name, count(*) AS places
FROM panels
WHERE list_contains($corpora, corpus_id) AND kind <> 'pilot'
GROUP BY name
ORDER BY min(CASE WHEN kind = 'human' THEN 0 ELSE 1 END), min(panel_id)
