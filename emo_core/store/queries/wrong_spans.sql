SELECT first_row, clip, start_s, end_s
FROM incoming_clips
WHERE (start_s IS NOT NULL AND coalesce(TRY_CAST(start_s AS DOUBLE) >= 0, false) = false)
    OR (end_s IS NOT NULL AND coalesce(TRY_CAST(end_s AS DOUBLE) > coalesce(TRY_CAST(start_s AS DOUBLE), 0), false) = false)
ORDER BY first_row
LIMIT 1
