-- Earlier batches whose votes of raters who cannot be told apart (anonymous ones, and draws of a model) equal those that are
-- staged, as far as the smaller of both sets goes: source, when it was added, equal votes, staged votes, votes of the batch.
-- $: corpus, kind, source (batches of that kind and source are compared elsewhere; NULL: any source)
WITH fresh AS (
    SELECT
        clips.clip_id, incoming.panel, concat_ws('|', incoming.rater, incoming.persona, incoming.temperature) AS rater,
        emotion_id, secondary_ids, secondary_strengths, valence, arousal, dominance, confidence, comment, voted_at,
        count(*) AS times
    FROM incoming_votes AS incoming
    JOIN clips ON clips.corpus_id = $corpus AND clips.name = incoming.clip
    WHERE incoming.rater IS NULL OR incoming.persona IS NOT NULL OR incoming.temperature IS NOT NULL
    GROUP BY ALL
),
stored AS (
    SELECT
        votes.batch_id, votes.clip_id, panels.name AS panel,
        concat_ws('|', raters.name, raters.persona, raters.temperature) AS rater,
        emotion_id, secondary_ids, secondary_strengths, valence, arousal, dominance, confidence, comment, voted_at,
        count(*) AS times
    FROM votes
    ANTI JOIN (SELECT replaces FROM votes WHERE replaces IS NOT NULL) AS replaced ON votes.vote_id = replaced.replaces
    JOIN batches ON batches.batch_id = votes.batch_id AND batches.corpus_id = $corpus
        AND NOT (batches.kind = $kind AND batches.source = coalesce($source, batches.source))
    JOIN panels ON panels.panel_id = votes.panel_id
    LEFT JOIN raters ON raters.rater_id = votes.rater_id
    WHERE panels.name IN (SELECT panel FROM fresh)
        AND (raters.rater_id IS NULL OR raters.persona IS NOT NULL OR raters.temperature IS NOT NULL)
    GROUP BY ALL
),
compared AS (
    SELECT stored.batch_id, stored.times, least(coalesce(fresh.times, 0), stored.times) AS shared
    FROM stored
    LEFT JOIN fresh ON fresh.clip_id = stored.clip_id AND fresh.panel = stored.panel AND fresh.rater = stored.rater
        AND fresh.emotion_id IS NOT DISTINCT FROM stored.emotion_id
        AND fresh.secondary_ids IS NOT DISTINCT FROM stored.secondary_ids
        AND fresh.secondary_strengths IS NOT DISTINCT FROM stored.secondary_strengths
        AND fresh.valence IS NOT DISTINCT FROM stored.valence
        AND fresh.arousal IS NOT DISTINCT FROM stored.arousal
        AND fresh.dominance IS NOT DISTINCT FROM stored.dominance
        AND fresh.confidence IS NOT DISTINCT FROM stored.confidence
        AND fresh.comment IS NOT DISTINCT FROM stored.comment
        AND fresh.voted_at IS NOT DISTINCT FROM stored.voted_at
)
SELECT
    batches.source, batches.added_at, sum(shared) AS equals, (SELECT sum(times) FROM fresh) AS staged, sum(times) AS there
FROM compared
JOIN batches USING (batch_id)
GROUP BY batch_id, batches.source, batches.added_at
HAVING sum(shared) IN ((SELECT sum(times) FROM fresh), sum(times))
ORDER BY batch_id
