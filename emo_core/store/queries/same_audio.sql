-- $: corpus. Groups of clips whose sound is the same to the byte.
SELECT list(name ORDER BY clip_id)
FROM clip_sound
JOIN clips USING (clip_id)
WHERE corpus_id = $corpus AND content_hash IS NOT NULL
GROUP BY content_hash
HAVING count(*) > 1
ORDER BY min(clip_id)
