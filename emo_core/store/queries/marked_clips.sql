-- $: corpus
SELECT clips.name, marked_clips.reason, marked_clips.marked_by, marked_clips.happened_at
FROM marked_clips
JOIN clips USING (clip_id)
WHERE clips.corpus_id = $corpus
ORDER BY clip_id
