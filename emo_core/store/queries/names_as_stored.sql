-- $: corpus. The braces take a table of staged rows with a column `clip`.
UPDATE {table} AS staged
SET clip = stored.name
FROM (
    SELECT cleaned(name) AS clean, min(name) AS name
    FROM clips
    WHERE corpus_id = $corpus
    GROUP BY 1
    HAVING count_if(name = cleaned(name)) = 0
) AS stored
WHERE staged.clip = stored.clean
