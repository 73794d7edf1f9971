-- How many files have rows with several starts and ends, and the first of them. The braces take SQL of intake._with_spans.
SELECT count(*), min(name)
FROM (
    SELECT cleaned({clip}) AS name
    FROM {source}
    WHERE {start} >= 0 AND {end} > {start}
    GROUP BY 1
    HAVING min({start}) < max({start}) OR min({end}) < max({end})
)
