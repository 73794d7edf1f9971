-- Shares of votes as whole counts: a share times the row's votes is whole but for the rounding that its digits allow.
-- The braces take quoted columns, literals and numbers (intake._counted).
CREATE OR REPLACE TEMP TABLE counted AS
WITH given AS (
    SELECT *, [{cells}] AS cells, {votes} AS votes_here
    FROM {source}
),
read AS (
    SELECT
        * EXCLUDE (cells),
        [{names}] AS names,
        list_transform(cells, lambda x: CASE WHEN x IS NULL THEN 0 ELSE TRY_CAST(with_point(x) AS DOUBLE) END) AS parts,
        list_transform(cells, lambda x: coalesce(length(regexp_extract(x, '[.,]([0-9]+)$', 1)), 0)) AS digits
    FROM given
),
times AS (
    SELECT
        *,
        list_transform(parts, lambda x: x / {sum} * votes_here) AS exact,
        list_transform(exact, lambda x: CAST(round(x) AS BIGINT)) AS whole,
        -- Half a unit of the last digit that the row writes.
        greatest(0.5 * power(10, -list_max(digits)) / {sum} * votes_here, 1e-6) AS allowed
    FROM read
)
SELECT
    * EXCLUDE (names, parts, digits, exact, whole, allowed, votes_here) REPLACE ({replaced}),
    CASE
        WHEN votes_here IS NULL OR votes_here < 1 OR votes_here <> floor(votes_here) THEN
            'the number of votes is not a whole number above 0'
        WHEN list_contains(list_transform(parts, lambda x: x IS NULL OR x < 0), true) THEN
            format('the share for {{}} is not a number, 0 or more',
                names[list_position(list_transform(parts, lambda x: x IS NULL OR x < 0), true)])
        WHEN list_sum(parts) = 0 THEN NULL
        WHEN list_sum(whole) <> votes_here
            OR list_contains(list_transform(exact, lambda x: abs(x - round(x)) > allowed + 1e-9), true)
            OR (allowed > 0.5 + 1e-9) THEN
            format('the shares times {{}} votes are not whole numbers of votes: {{}}',
                CAST(votes_here AS BIGINT), array_to_string(list_transform(exact, lambda x: format('{{:.2f}}', x)), ', '))
    END AS share_problem
FROM times
