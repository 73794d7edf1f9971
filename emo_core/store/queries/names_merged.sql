-- How many names are written in several ways that cleaning makes one, and the first. The braces take a source and a column.
SELECT count(*), min(name)
FROM (
    SELECT cleaned({column}) AS name
    FROM {source}
    WHERE cleaned({column}) IS NOT NULL
    GROUP BY 1
    HAVING min(trim(CAST({column} AS VARCHAR), e' \t\r\n')) <> max(trim(CAST({column} AS VARCHAR), e' \t\r\n'))
)
