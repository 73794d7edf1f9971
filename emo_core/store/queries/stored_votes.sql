-- Staged votes of named raters beside what the same raters' votes on the same clips say that are in the corpus already. $: corpus
CREATE OR REPLACE TEMP TABLE beside_stored AS
SELECT
    incoming.position, incoming.clip, incoming.panel, incoming.rater,
    bool_or(
        incoming.emotion_id IS NOT DISTINCT FROM stored.emotion_id
        AND incoming.secondary_ids IS NOT DISTINCT FROM stored.secondary_ids
        AND incoming.secondary_strengths IS NOT DISTINCT FROM stored.secondary_strengths
        AND incoming.valence IS NOT DISTINCT FROM stored.valence
        AND incoming.arousal IS NOT DISTINCT FROM stored.arousal
        AND incoming.dominance IS NOT DISTINCT FROM stored.dominance
        AND incoming.confidence IS NOT DISTINCT FROM stored.confidence
        AND incoming.comment IS NOT DISTINCT FROM stored.comment
        AND incoming.voted_at IS NOT DISTINCT FROM stored.voted_at
    ) AS is_equal
FROM incoming_votes AS incoming
JOIN clips ON clips.corpus_id = $corpus AND clips.name = incoming.clip
JOIN panels ON panels.corpus_id = $corpus AND panels.name = incoming.panel
JOIN raters ON raters.panel_id = panels.panel_id AND raters.name = incoming.rater
    AND raters.persona IS NULL AND raters.temperature IS NULL
JOIN votes AS stored ON stored.rater_id = raters.rater_id AND stored.clip_id = clips.clip_id
ANTI JOIN (SELECT replaces FROM votes WHERE replaces IS NOT NULL) AS replaced ON stored.vote_id = replaced.replaces
WHERE incoming.persona IS NULL AND incoming.temperature IS NULL
GROUP BY ALL
