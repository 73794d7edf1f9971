-- The current votes of a panel on some clips of a campaign, oldest first. $: campaign, panel, items
SELECT campaign_clips.item, current_votes.vote_id, emotions.name AS emotion
FROM campaign_votes($campaign) AS current_votes
JOIN panels ON panels.panel_id = current_votes.panel_id AND panels.name = $panel
JOIN campaign_clips ON campaign_clips.clip_id = current_votes.clip_id AND campaign_clips.campaign_id = $campaign
JOIN emotions USING (emotion_id)
WHERE list_contains($items, campaign_clips.item)
ORDER BY current_votes.vote_id
