-- The panels of that name in the corpora of the clips in the temporary table asked_clips, with the votes that count in
-- each. $: panel
SELECT panels.panel_id, count(current_votes.vote_id)
FROM panels
LEFT JOIN current_votes USING (panel_id)
WHERE panels.name = $panel
    AND panels.corpus_id IN (SELECT corpus_id FROM clips JOIN asked_clips USING (clip_id))
GROUP BY panels.panel_id
