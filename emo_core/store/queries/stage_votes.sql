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
        TRY_CAST({temperature} AS DOUBLE) AS temperature,
        TRY_CAST(CAST({voted_at} AS VARCHAR) AS TIMESTAMP) AS voted_at,
        CAST({provenance} AS JSON) AS provenance
    FROM {source}
),
judged AS (
    SELECT
        rows.*,
        incoming_labels.emotion_id,
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
