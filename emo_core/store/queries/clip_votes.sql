-- $: clip, panels, candidate (lists of panels)
SELECT
    panels.name AS panel, raters.name AS rater, emotions.name AS emotion,
    list_transform(current_votes.secondary_ids, lambda x: names[x])
        AS secondary,
    current_votes.secondary_strengths AS strengths,
    current_votes.valence, current_votes.arousal, current_votes.dominance, current_votes.confidence, current_votes.seconds,
    current_votes.comment,
    raters.persona, raters.temperature, current_votes.voted_at, current_votes.provenance
FROM (SELECT * FROM current_votes UNION BY NAME SELECT * FROM current_ratings) AS current_votes
CROSS JOIN (SELECT map(list(emotion_id), list(name)) AS names FROM emotions)
JOIN panels USING (panel_id)
LEFT JOIN emotions USING (emotion_id)
LEFT JOIN raters USING (rater_id)
WHERE current_votes.clip_id = $clip AND list_contains($panels, current_votes.panel_id)
ORDER BY list_contains($candidate, current_votes.panel_id), current_votes.vote_id
