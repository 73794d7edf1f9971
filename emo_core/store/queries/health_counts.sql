-- $: corpus
SELECT count(*), count(audio), count(clip_sound.clip_id)
FROM clips
LEFT JOIN clip_sound USING (clip_id)
WHERE corpus_id = $corpus
