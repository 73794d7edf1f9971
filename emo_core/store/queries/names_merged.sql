-- Names that are written in several ways: how many (and the first) that cleaning makes one, and how many (and two of them)
-- that differ in case alone and stay several. The braces take a source and lists of kinds and of columns.
WITH given AS (
    SELECT DISTINCT kind, name FROM (SELECT unnest([{kinds}]) AS kind, unnest([{columns}]) AS name FROM {source})
),
written AS (
    SELECT
        kind, cleaned(name) AS name,
        min(trim(name, e' \t\r\n')) <> max(trim(name, e' \t\r\n')) AS merged
    FROM given
    WHERE cleaned(name) IS NOT NULL
    GROUP BY 1, 2
),
alike AS (
    SELECT kind, folded(name) AS folded, min(name) AS first, max(name) AS last
    FROM written
    GROUP BY 1, 2
    HAVING count(*) > 1
)
SELECT
    kind, count(*) FILTER (merged), min(name) FILTER (merged),
    (SELECT count(*) FROM alike WHERE alike.kind = written.kind),
    (SELECT min((first, last)) FROM alike WHERE alike.kind = written.kind)
FROM written
GROUP BY kind
