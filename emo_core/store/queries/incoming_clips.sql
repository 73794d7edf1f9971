-- Clips named by a file of votes, with the audio file that each one's name or path leads to.
CREATE OR REPLACE TEMP TABLE incoming_clips AS
SELECT
    clip, first_row,
    {transcript} AS transcript, {speaker} AS speaker, {session} AS session, {partition} AS partition,
    {start_s} AS start_s, {end_s} AS end_s, NULL AS metadata,
    sounds_of_clips.audio AS audio, sounds_of_clips.duration_s AS duration_s
FROM incoming_fields
LEFT JOIN sounds_of_clips USING (clip)
