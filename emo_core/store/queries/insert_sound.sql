-- $: now
INSERT INTO clip_sound BY NAME
SELECT
    clip_id, file_stamp, content_hash, duration_s, CAST(sample_rate AS INTEGER) AS sample_rate,
    CAST(channels AS INTEGER) AS channels, peak_dbfs, rms_dbfs, CAST(codes AS VARCHAR[]) AS codes, problem,
    CAST($now AS TIMESTAMP) AS examined_at
FROM examined
