-- $: corpus. How many clips have each problem, and the first of them.
SELECT code, count(*), list(name ORDER BY clip_id)[:20]
FROM (SELECT DISTINCT clip_id, code FROM clip_problems WHERE corpus_id = $corpus)
JOIN clips USING (clip_id)
GROUP BY code
