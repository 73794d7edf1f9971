-- Answers that say for each emotion how strongly it was heard. The braces take literals and quoted columns (intake._graded).
CREATE OR REPLACE TEMP TABLE graded AS
WITH given AS (
    SELECT
        *,
        list_sort(list_transform(
            list_zip([{names}], [{cells}]),
            lambda pair: {{
                'below': -coalesce(
                    map {{ {grades} }}[folded(pair[2])], TRY_CAST(with_point(pair[2]) AS DOUBLE),
                    -- "0 - None" and the like begin with their number
                    TRY_CAST(regexp_extract(pair[2], '^([0-9]+([.][0-9]+)?) *[-:=–]', 1) AS DOUBLE)
                ),
                -- among equals what is left out comes last
                'order': (coalesce(pair[1] IN ({left_out}), false), md5({unit} || '|' || lower(pair[1]))), 'name': pair[1], 'cell': pair[2]
            }}
        )) AS heard
    FROM {source}
)
SELECT
    given.* EXCLUDE (heard),
    heard[1].below = 0 AS heard_none,
    heard[1].below < 0 AND len(heard) > 1 AND heard[2].below = heard[1].below
        AND coalesce(heard[2].name NOT IN ({left_out}), true) AS tied,
    len(list_filter(heard, lambda x: x.below < 0 AND coalesce(x.name IN ({left_out}), false))) > 0 AS heard_aside,
    CASE WHEN heard[1].below = 0 THEN {if_none} ELSE heard[1].name END AS heard_most,
    CASE WHEN heard[1].below < 0 THEN
        list_transform(list_filter(heard[2:], lambda x: x.below < 0), lambda x: x.name)
    END AS heard_too,
    CASE WHEN heard[1].below < 0 THEN
        list_transform(list_filter(heard[2:], lambda x: x.below < 0), lambda x: CAST(x.below / heard[1].below AS VARCHAR))
    END AS strengths,
    list_transform(
        list_filter(heard, lambda x: x.below IS NULL OR NOT x.below <= 0 OR NOT isfinite(x.below)),
        lambda x: CASE WHEN coalesce(x.cell, '') = '' THEN format('no grade for {{}}', x.name)
            ELSE format('the grade ''{{}}'' for {{}} is not on the scale', x.cell, x.name) END
    )[1] AS grade_problem
FROM given
