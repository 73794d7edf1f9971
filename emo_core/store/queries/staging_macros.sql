-- What staging uses: clean text, numbers that may be missing, and the meaning of a list of labels.
-- A cell as `spelling.cleaned` gives it, NULL where nothing is left. The braces take `spelling.EDGES`.
CREATE OR REPLACE TEMP MACRO cleaned(cell) AS
    nullif(nfc_normalize(regexp_replace(CAST(cell AS VARCHAR), '{edges}', '', 'g')), '');

-- A label as `spelling.folded` gives it.
CREATE OR REPLACE TEMP MACRO folded(cell) AS replace(replace(lower(cleaned(cell)), 'ß', 'ss'), 'ς', 'σ');

CREATE OR REPLACE TEMP MACRO is_number(given) AS given IS NULL OR isfinite(TRY_CAST(given AS DOUBLE)) IS TRUE;

-- A number with a decimal comma, as spreadsheets in many languages write it, with a point. 2,500 may be a thousand more.
CREATE OR REPLACE TEMP MACRO with_point(cell) AS
    CASE WHEN regexp_full_match(cell, '[+-]?[0-9]+,([0-9]{{1,2}}|[0-9]{{4,}})') THEN replace(cell, ',', '.') ELSE cell END;

-- A cell with a number, or NULL where it is empty or says so.
CREATE OR REPLACE TEMP MACRO given_number(cell) AS
    CASE WHEN lower(cleaned(cell)) IN ('nan', 'null', 'none', 'n/a', 'na') THEN NULL ELSE with_point(cleaned(cell)) END;

-- A cell that lists labels.
CREATE OR REPLACE TEMP MACRO listed(cell) AS
    list_filter(
        list_transform(string_split_regex(CAST(cell AS VARCHAR), '[;,|]'), lambda x: cleaned(x)),
        lambda x: x IS NOT NULL
    );

-- Numbers of the emotions that labels mean; 0 where a label is left out, NULL where it is not known.
CREATE OR REPLACE TEMP MACRO meant(labels) AS
    list_transform(labels, lambda x: getvariable('label_numbers')[folded(x)]);

-- A meaning paired with its strength, each emotion once, none of them the vote's own label.
CREATE OR REPLACE TEMP MACRO beside(own, numbers, strengths) AS
    list_filter(
        list_zip(numbers, strengths), lambda pair, place:
            pair[1] > 0 AND pair[1] IS DISTINCT FROM own AND list_position(numbers, pair[1]) = place
    );

-- The name of a part of a file, as `sources.span_name` writes it: clip#start-end in seconds, to the millisecond.
CREATE OR REPLACE TEMP MACRO written(seconds) AS rtrim(rtrim(printf('%.3f', seconds), '0'), '.');
CREATE OR REPLACE TEMP MACRO span_name(clip, first, last) AS
    CASE WHEN first >= 0 AND last > first THEN concat(clip, '#', written(first), '-', written(last)) ELSE clip END;
