-- Filled in by intake._staging; the braces take quoted column names, literals or expressions made of them only.
CREATE OR REPLACE TEMP TABLE incoming AS
WITH rows AS (
    SELECT
        {row} AS row,
        cleaned({clip}) AS clip,
        cleaned({panel}) AS panel,
        cleaned({rater}) AS rater,
        cleaned({label}) AS label,
        {secondary} AS secondary,
        {strengths} AS strengths,
        {valence} AS valence_given,
        {arousal} AS arousal_given,
        {dominance} AS dominance_given,
        {confidence} AS confidence_given,
        {seconds} AS seconds_given,
        cleaned({comment}) AS comment,
        CAST({times} AS VARCHAR) AS times_given,
        TRY_CAST({times} AS DOUBLE) AS times,
        cleaned({persona}) AS persona,
        cleaned({temperature}) AS temperature_given,
        cleaned({voted_at}) AS time_given,
        CAST({provenance} AS JSON) AS provenance,
        {problem} AS problem_seen
    FROM {source}
),
judged AS (
    SELECT
        rows.* EXCLUDE (rater, secondary, strengths),
        incoming_labels.emotion_id,
        coalesce(incoming_labels.left_out, false) AS left_out,
        {secondary_ids} AS secondary_ids,
        {secondary_strengths} AS secondary_strengths,
        TRY_CAST(valence_given AS FLOAT) AS valence,
        TRY_CAST(arousal_given AS FLOAT) AS arousal,
        TRY_CAST(dominance_given AS FLOAT) AS dominance,
        TRY_CAST(confidence_given AS FLOAT) AS confidence,
        TRY_CAST(seconds_given AS FLOAT) AS seconds,
        TRY_CAST(temperature_given AS DOUBLE) AS temperature,
        in_utc(time_given) AS voted_at,
        -- A model's rater is one persona at one temperature, whether or not a column names it.
        coalesce(rater, nullif(concat_ws(' ', persona, 't=' || temperature_given), '')) AS rater,
        CASE
            WHEN clip IS NULL THEN 'no clip id'
            WHEN panel IS NULL AND coalesce(label, valence_given, arousal_given, dominance_given, rows.rater, comment) IS NULL
                THEN 'no panel and no vote'
            WHEN panel IS NULL THEN 'no panel'
            WHEN problem_seen IS NOT NULL THEN problem_seen
            WHEN label IS NULL AND coalesce(valence_given, arousal_given, dominance_given) IS NULL THEN 'no label'
            WHEN label IS NOT NULL AND emotion_id IS NULL AND NOT coalesce(left_out, false) THEN
                format('unknown label ''{{}}''', label)
            WHEN {unknown_secondary} IS NOT NULL THEN format('unknown secondary label ''{{}}''', {unknown_secondary})
            WHEN {wrong_strengths} THEN 'the strengths are not one number above 0 and at most 1 for each secondary label'
            WHEN times_given IS NULL THEN format('no count for {{}}', label)
            WHEN times IS NULL THEN format('the count ''{{}}'' for {{}} is not a number', times_given, label)
            WHEN times < 0 THEN format('the count {{}} for {{}} is negative', times_given, label)
            WHEN times <> floor(times) OR times > 100000 THEN
                format('the count {{}} for {{}} is not a whole number of votes', times_given, label)
            WHEN NOT is_number(valence_given) THEN format('the valence ''{{}}'' is not a number', valence_given)
            WHEN NOT is_number(arousal_given) THEN format('the arousal ''{{}}'' is not a number', arousal_given)
            WHEN NOT is_number(dominance_given) THEN format('the dominance ''{{}}'' is not a number', dominance_given)
            WHEN NOT is_number(confidence_given) OR NOT coalesce(TRY_CAST(confidence_given AS FLOAT), 0) BETWEEN 0 AND 1 THEN
                format('the confidence ''{{}}'' is not a number from 0 to 1', confidence_given)
            WHEN NOT is_number(seconds_given) OR coalesce(TRY_CAST(seconds_given AS FLOAT), 0) < 0 THEN
                format('the time taken ''{{}}'' is not a number of seconds', seconds_given)
            WHEN temperature_given IS NOT NULL AND temperature IS NULL THEN
                format('the temperature ''{{}}'' is not a number', temperature_given)
            WHEN time_given IS NOT NULL AND voted_at IS NULL THEN
                format('the time ''{{}}'' cannot be read; write it as 2024-01-31 13:45:00, with an offset or in UTC', time_given)
        END AS problem
    FROM rows
    LEFT JOIN incoming_labels ON incoming_labels.spelling = folded(rows.label)
)
SELECT *, {position} AS position
FROM (
    SELECT
        row, clip, panel, rater, emotion_id, {wide}persona, temperature, voted_at, provenance, problem,
        left_out AND coalesce(valence, arousal, dominance) IS NULL AS left_out,
        CASE WHEN left_out THEN label END AS label,
        {repeat} AS repeat
    FROM judged
)
