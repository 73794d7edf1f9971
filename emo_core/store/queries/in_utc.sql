-- A written time as UTC, NULL where it cannot be read. A cast to TIMESTAMP alone drops the offset without a word.
CREATE OR REPLACE TEMP MACRO in_utc(written) AS
    TRY_CAST(regexp_replace(written, '(:[0-9.]+) *(Z|[+-][0-9]{2}(:?[0-9]{2})?)$', '\1') AS TIMESTAMP)
    - to_minutes(
        CASE WHEN regexp_extract(written, ':[0-9.]+ *([+-])[0-9]{2}(:?[0-9]{2})?$', 1) = '-' THEN -1 ELSE 1 END
        * (
            60 * coalesce(TRY_CAST(regexp_extract(written, ':[0-9.]+ *[+-]([0-9]{2})(:?[0-9]{2})?$', 1) AS INTEGER), 0)
            + coalesce(TRY_CAST(regexp_extract(written, ':[0-9.]+ *[+-][0-9]{2}:?([0-9]{2})$', 1) AS INTEGER), 0)
        )
    )
