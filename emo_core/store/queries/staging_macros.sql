-- What staging uses: numbers that may be missing, and the meaning of a list of labels.
CREATE OR REPLACE TEMP MACRO is_number(given) AS given IS NULL OR isfinite(TRY_CAST(given AS DOUBLE)) IS TRUE;

-- A cell with a number, or NULL where it is empty or says so.
CREATE OR REPLACE TEMP MACRO given_number(cell) AS
    CASE WHEN lower(trim(CAST(cell AS VARCHAR))) IN ('', 'nan', 'null', 'none', 'n/a', 'na') THEN NULL
    ELSE trim(CAST(cell AS VARCHAR)) END;

-- A cell that lists labels.
CREATE OR REPLACE TEMP MACRO listed(cell) AS
    list_filter(list_transform(string_split_regex(CAST(cell AS VARCHAR), '[;,|]'), lambda x: trim(x)), lambda x: x <> '');

-- Numbers of the emotions that labels mean; 0 where a label is left out, NULL where it is not known.
CREATE OR REPLACE TEMP MACRO meant(labels) AS
    list_transform(labels, lambda x: getvariable('label_numbers')[lower(x)]);

-- A meaning paired with its strength, each emotion once, none of them the vote's own label.
CREATE OR REPLACE TEMP MACRO beside(own, numbers, strengths) AS
    list_filter(
        list_zip(numbers, strengths), lambda pair, place:
            pair[1] > 0 AND pair[1] IS DISTINCT FROM own AND list_position(numbers, pair[1]) = place
    );
