-- Which prompts and readings runs gave on clips of some corpora.
-- $: corpora
SELECT DISTINCT run_id, prompt, reading
FROM run_readings
JOIN clips USING (clip_id)
WHERE list_contains($corpora, clips.corpus_id)
