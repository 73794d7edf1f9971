-- $: clip, reference, candidate
SELECT
    panels.name AS panel, raters.name AS rater, emotions.name AS emotion, raters.persona, raters.temperature,
    current_votes.voted_at, current_votes.provenance
FROM current_votes
JOIN panels USING (panel_id)
JOIN emotions USING (emotion_id)
LEFT JOIN raters USING (rater_id)
WHERE current_votes.clip_id = $clip AND current_votes.panel_id IN ($reference, $candidate)
ORDER BY current_votes.panel_id = $candidate, current_votes.vote_id
