-- $: study
WITH kept AS (
    SELECT is_test, corpus_id, speaker, session, content_hash
    FROM study_clips
    JOIN clips USING (clip_id)
    LEFT JOIN clip_sound USING (clip_id)
    WHERE study_id = $study
),
by_speaker AS (
    SELECT count(*) FILTER (is_test) AS test_clips
    FROM kept WHERE speaker IS NOT NULL GROUP BY corpus_id, speaker HAVING bool_or(is_test) AND NOT bool_and(is_test)
),
by_session AS (
    SELECT count(*) FILTER (is_test) AS test_clips
    FROM kept WHERE session IS NOT NULL GROUP BY corpus_id, session HAVING bool_or(is_test) AND NOT bool_and(is_test)
),
by_sound AS (
    SELECT count(*) FILTER (is_test) AS test_clips
    FROM kept WHERE content_hash IS NOT NULL GROUP BY content_hash HAVING bool_or(is_test) AND NOT bool_and(is_test)
)
SELECT
    (SELECT count(*) FROM by_speaker) AS speakers,
    (SELECT coalesce(sum(test_clips), 0)::BIGINT FROM by_speaker) AS speaker_clips,
    (SELECT count(*) FROM by_session) AS sessions,
    (SELECT coalesce(sum(test_clips), 0)::BIGINT FROM by_session) AS session_clips,
    (SELECT coalesce(sum(test_clips), 0)::BIGINT FROM by_sound) AS same_audio,
    (SELECT count(content_hash) FROM kept) AS examined,
    (SELECT count(*) FROM kept) AS clips
