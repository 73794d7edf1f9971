-- $: corpus
INSERT INTO clips
SELECT
    (SELECT coalesce(max(clip_id), 0) FROM clips) + row_number() OVER (ORDER BY first_row),
    $corpus, clip, audio, TRY_CAST(start_s AS DOUBLE), TRY_CAST(end_s AS DOUBLE), duration_s,
    transcript, speaker, session, metadata
FROM incoming_clips
ORDER BY first_row
