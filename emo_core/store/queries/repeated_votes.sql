-- Places of staged votes that say again what the same named rater says in an earlier row: same clip, panel, rater, answer and
-- time, and the same in the columns that tell answers apart (rows_apart). Rows with a persona or a temperature are draws of a
-- model, and equal draws are many votes, as those of anonymous raters are.
CREATE OR REPLACE TEMP TABLE repeats AS
WITH several AS (
    SELECT clip, panel, rater
    FROM incoming
    WHERE rater IS NOT NULL AND persona IS NULL AND temperature IS NULL
    GROUP BY ALL
    HAVING count(*) > 1
)
SELECT position
FROM incoming_votes
SEMI JOIN several USING (clip, panel, rater)
LEFT JOIN rows_apart USING (row)
WHERE persona IS NULL AND temperature IS NULL
QUALIFY row_number() OVER (
    PARTITION BY
        clip, panel, rater, emotion_id, secondary_ids, secondary_strengths, valence, arousal, dominance, confidence, comment,
        voted_at, told
    ORDER BY position
) > 1
