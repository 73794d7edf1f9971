-- $: base (first free vote id - 1), batch, corpus. The braces take the order, where the rows do
-- not have it already, and where an earlier import is brought up to date the new rows and what they replace.
INSERT INTO votes (
    vote_id, clip_id, panel_id, rater_id, emotion_id, secondary_ids, secondary_strengths, valence, arousal, dominance,
    confidence, seconds, comment, voted_at, batch_id, provenance, replaces
)
SELECT
    $base + incoming.position, clips.clip_id, panels.panel_id, raters.rater_id, incoming.emotion_id,
    incoming.secondary_ids, incoming.secondary_strengths, incoming.valence, incoming.arousal, incoming.dominance,
    incoming.confidence, incoming.seconds, incoming.comment, incoming.voted_at, $batch, incoming.provenance, {replaces}
FROM incoming_votes AS incoming {joined}
JOIN clips ON clips.corpus_id = $corpus AND clips.name = incoming.clip
JOIN panels ON panels.corpus_id = $corpus AND panels.name = incoming.panel
LEFT JOIN raters ON raters.panel_id = panels.panel_id AND raters.name = incoming.rater
    AND raters.persona IS NOT DISTINCT FROM incoming.persona
    AND raters.temperature IS NOT DISTINCT FROM incoming.temperature
{order}
