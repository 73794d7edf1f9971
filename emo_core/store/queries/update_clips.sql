-- $: corpus. What a newer version of the source says of clips that are there; what it does not say stays.
UPDATE clips
SET
    audio = coalesce(fresh.audio, clips.audio),
    start_s = coalesce(TRY_CAST(fresh.start_s AS DOUBLE), clips.start_s),
    end_s = coalesce(TRY_CAST(fresh.end_s AS DOUBLE), clips.end_s),
    duration_s = coalesce(fresh.duration_s, clips.duration_s),
    transcript = coalesce(fresh.transcript, clips.transcript),
    speaker = coalesce(fresh.speaker, clips.speaker),
    session = coalesce(fresh.session, clips.session),
    partition = coalesce(fresh.partition, clips.partition),
    metadata = coalesce(fresh.metadata, clips.metadata)
FROM incoming_clips AS fresh
WHERE clips.corpus_id = $corpus AND clips.name = fresh.clip
    AND {differs}
