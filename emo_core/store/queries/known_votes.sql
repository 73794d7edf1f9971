-- Staged votes beside those that the same source brought before. Equal votes are told apart by counting them: the second
-- vote for sad of an anonymous rater is another than the first.
-- $: corpus, kind, source (NULL: any). Fills `new_votes` (positions of new votes, what they replace) and `gone`.
CREATE OR REPLACE TEMP TABLE known AS
SELECT *, row_number() OVER (PARTITION BY clip_id, panel, rater, answer ORDER BY vote_id) AS nth
FROM (
    SELECT
        votes.vote_id, votes.clip_id, panels.name AS panel,
        concat_ws('|', raters.name, raters.persona, raters.temperature) AS rater,
        md5(CAST(row(
            votes.emotion_id, votes.secondary_ids, votes.secondary_strengths, votes.valence, votes.arousal, votes.dominance,
            votes.confidence, votes.comment, votes.voted_at
        ) AS VARCHAR)) AS answer
    FROM votes
    ANTI JOIN (SELECT replaces FROM votes WHERE replaces IS NOT NULL) AS replaced ON votes.vote_id = replaced.replaces
    JOIN batches ON batches.batch_id = votes.batch_id AND batches.corpus_id = $corpus AND batches.kind = $kind
        AND batches.source = coalesce($source, batches.source)
    JOIN panels ON panels.panel_id = votes.panel_id
    LEFT JOIN raters ON raters.rater_id = votes.rater_id
);

CREATE OR REPLACE TEMP TABLE asked AS
SELECT *, row_number() OVER (PARTITION BY clip_id, panel, rater, answer ORDER BY position) AS nth
FROM (
    SELECT
        incoming.position, clips.clip_id, incoming.panel,
        concat_ws('|', incoming.rater, incoming.persona, incoming.temperature) AS rater,
        md5(CAST(row(
            emotion_id, secondary_ids, secondary_strengths, valence, arousal, dominance, confidence, comment, voted_at
        ) AS VARCHAR)) AS answer
    FROM incoming_votes AS incoming
    JOIN clips ON clips.corpus_id = $corpus AND clips.name = incoming.clip
);

CREATE OR REPLACE TEMP TABLE gone AS
SELECT known.* FROM known ANTI JOIN asked USING (clip_id, panel, rater, answer, nth);

-- A named rater with one answer gone and one new on the same clip has changed it.
CREATE OR REPLACE TEMP TABLE new_votes AS
WITH news AS (SELECT asked.* FROM asked ANTI JOIN known USING (clip_id, panel, rater, answer, nth)),
changed AS (
    SELECT news.clip_id, news.panel, news.rater, any_value(gone.vote_id) AS replaces
    FROM news
    JOIN gone USING (clip_id, panel, rater)
    WHERE news.rater <> ''
    GROUP BY ALL
    HAVING count(*) = 1
)
SELECT news.position, news.clip_id, changed.replaces
FROM news
LEFT JOIN changed USING (clip_id, panel, rater)
