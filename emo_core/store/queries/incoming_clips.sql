-- Clips named by a file of votes, with the audio file that each one's name or path leads to.
CREATE OR REPLACE TEMP TABLE incoming_clips AS
SELECT
    clip, first_row,
    {transcript} AS transcript, {speaker} AS speaker, {session} AS session, {partition} AS partition,
    {start_s} AS start_s,
    -- A length says the end of a part, or how long the whole clip is.
    coalesce(
        {end_s}, CAST(TRY_CAST({start_s} AS DOUBLE) + TRY_CAST({duration_s} AS DOUBLE) AS VARCHAR)
    ) AS end_s,
    NULL AS metadata,
    sounds_of_clips.audio AS audio,
    coalesce(
        sounds_of_clips.duration_s, CASE WHEN {start_s} IS NULL THEN TRY_CAST({duration_s} AS DOUBLE) END
    ) AS duration_s
FROM incoming_fields
LEFT JOIN sounds_of_clips USING (clip)
