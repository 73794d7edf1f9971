-- One reading of a run on clips whose numbers lie in a range, in the order in which it came.
-- $: run, prompt, reading, low, high
SELECT clip_id, values, reply
FROM run_readings
WHERE run_id = $run AND prompt = $prompt AND reading = $reading AND clip_id BETWEEN $low AND $high
ORDER BY rowid
