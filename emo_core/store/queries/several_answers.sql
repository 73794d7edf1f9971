-- How many times a named rater gives several answers for a clip; draws of a model (persona, temperature) are no such answers.
SELECT count(*)
FROM (
    SELECT 1
    FROM incoming
    WHERE rater IS NOT NULL AND persona IS NULL AND temperature IS NULL
    GROUP BY clip, panel, rater
    HAVING count(*) > 1
)
