-- Filled in by intake._staging; the braces take quoted column names or literals only.
CREATE OR REPLACE TEMP TABLE incoming AS
WITH rows AS (
    SELECT
        {row} AS row,
        nullif(trim(CAST({clip} AS VARCHAR), e' \t\r\n'), '') AS clip,
        nullif(trim(CAST({panel} AS VARCHAR), e' \t\r\n'), '') AS panel,
        nullif(trim(CAST({rater} AS VARCHAR), e' \t\r\n'), '') AS rater,
        nullif(trim(CAST({label} AS VARCHAR), e' \t\r\n'), '') AS label,
        CAST({times} AS VARCHAR) AS times_given,
        TRY_CAST({times} AS DOUBLE) AS times,
        nullif(trim(CAST({persona} AS VARCHAR), e' \t\r\n'), '') AS persona,
        nullif(trim(CAST({temperature} AS VARCHAR), e' \t\r\n'), '') AS temperature_given,
        nullif(trim(CAST({voted_at} AS VARCHAR), e' \t\r\n'), '') AS time_given,
        CAST({provenance} AS JSON) AS provenance
    FROM {source}
),
judged AS (
    SELECT
        rows.* EXCLUDE (rater),
        incoming_labels.emotion_id,
        TRY_CAST(temperature_given AS DOUBLE) AS temperature,
        in_utc(time_given) AS voted_at,
        -- A model's rater is one persona at one temperature, whether or not a column names it.
        coalesce(rater, nullif(concat_ws(' ', persona, 't=' || temperature_given), '')) AS rater,
        CASE
            WHEN clip IS NULL THEN 'no clip id'
            WHEN panel IS NULL THEN 'no panel'
            WHEN label IS NULL THEN 'no label'
            WHEN emotion_id IS NULL THEN format('unknown label ''{{}}''', label)
            WHEN times_given IS NULL THEN format('no count for {{}}', label)
            WHEN times IS NULL THEN format('the count ''{{}}'' for {{}} is not a number', times_given, label)
            WHEN times < 0 THEN format('the count {{}} for {{}} is negative', times_given, label)
            WHEN times <> floor(times) OR times > 100000 THEN
                format('the count {{}} for {{}} is not a whole number of votes', times_given, label)
            WHEN temperature_given IS NOT NULL AND temperature IS NULL THEN
                format('the temperature ''{{}}'' is not a number', temperature_given)
            WHEN time_given IS NOT NULL AND voted_at IS NULL THEN
                format('the time ''{{}}'' cannot be read; write it as 2024-01-31 13:45:00, with an offset or in UTC', time_given)
        END AS problem
    FROM rows
    LEFT JOIN incoming_labels ON incoming_labels.spelling = lower(rows.label)
)
SELECT *, {position} AS position
FROM (
    SELECT
        row, clip, panel, rater, emotion_id, persona, temperature, voted_at, provenance, problem,
        {repeat} AS repeat
    FROM judged
)
