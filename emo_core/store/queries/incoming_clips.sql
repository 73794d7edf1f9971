-- Clips named by a file of votes, in order of first appearance, with the audio file that each one's name or path leads to.
-- $root: audio root (NULL: none)
CREATE OR REPLACE TEMP TABLE incoming_clips AS
WITH named AS (
    SELECT
        clip, first_row,
        {transcript} AS transcript, {speaker} AS speaker, {session} AS session, {partition} AS partition,
        {start_s} AS start_s,
        -- A length says the end of a part, or how long the whole clip is.
        coalesce({end_s}, CAST(TRY_CAST({start_s} AS DOUBLE) + TRY_CAST({duration_s} AS DOUBLE) AS VARCHAR)) AS end_s,
        CASE WHEN {start_s} IS NULL THEN TRY_CAST({duration_s} AS DOUBLE) END AS length_s,
        -- Label Studio writes addresses of its own server for files below its root.
        regexp_replace(coalesce({audio}, clip), '^/data/(local-files/[?]d=|upload/)', '') AS address,
        CASE WHEN starts_with(address, $root || '/') THEN substr(address, length($root) + 2) ELSE address END AS path,
        regexp_replace(path, '\.(wav|flac|mp3|ogg|opus|m4a|aiff?|webm)$', '', 'i') AS stem
    FROM incoming_fields
)
SELECT
    clip, first_row, transcript, speaker, session, partition, start_s, end_s, NULL AS metadata,
    $root IS NOT NULL AND regexp_matches(path, '(^|[/\\])\.\.([/\\]|$)|^[/\\~]|^[A-Za-z]:[/\\]') AS outside,
    coalesce(exact.audio, by_stem.audio, by_name.audio) AS audio,
    coalesce(exact.duration_s, by_stem.duration_s, by_name.duration_s, named.length_s) AS duration_s
FROM named
LEFT JOIN audio_files AS exact ON exact.key = path
LEFT JOIN audio_files AS by_stem ON by_stem.key = stem
LEFT JOIN audio_files AS by_name ON by_name.key = regexp_extract(stem, '[^/]+$') AND contains(stem, '/')
