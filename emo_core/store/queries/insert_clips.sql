-- $: corpus. Clips that the corpus does not have yet.
INSERT INTO clips (
    clip_id, corpus_id, name, audio, start_s, end_s, duration_s, transcript, speaker, session, partition, metadata
)
SELECT
    (SELECT coalesce(max(clip_id), 0) FROM clips) + row_number() OVER (ORDER BY first_row),
    $corpus, clip, audio, TRY_CAST(start_s AS DOUBLE), TRY_CAST(end_s AS DOUBLE), duration_s,
    transcript, speaker, session, partition, metadata
FROM incoming_clips
WHERE NOT EXISTS (SELECT 1 FROM clips WHERE corpus_id = $corpus AND clips.name = incoming_clips.clip)
ORDER BY first_row
