-- How many names are written in several ways that cleaning makes one, and the first. The braces take a source and a column.
-- Each way of writing is cleaned once, however many rows have it.
SELECT count(*), min(name)
FROM (
    SELECT cleaned(cell) AS name
    FROM (SELECT DISTINCT trim(CAST({column} AS VARCHAR), e' \t\r\n') AS cell FROM {source})
    WHERE cleaned(cell) IS NOT NULL
    GROUP BY 1
    HAVING count(*) > 1
)
