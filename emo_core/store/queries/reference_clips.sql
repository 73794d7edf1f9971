-- Names and speakers of all clips of some corpora. The braces take what a clip is called (studies.clip_key).
-- $: corpora
SELECT clips.clip_id, {key} AS clip, clips.speaker
FROM clips
JOIN corpora USING (corpus_id)
WHERE list_contains($corpora, clips.corpus_id)
ORDER BY clips.clip_id
