-- Votes of a campaign's panels, its own set aside or not, on its labelled clips. $: campaign, panels
SELECT campaign_clips.item, current_votes.emotion_id::INTEGER AS emotion_id, count(*) AS votes
FROM campaign_votes($campaign) AS current_votes
JOIN panels ON panels.panel_id = current_votes.panel_id AND list_contains($panels, panels.name)
JOIN campaign_clips ON campaign_clips.clip_id = current_votes.clip_id AND campaign_clips.campaign_id = $campaign
    AND campaign_clips.role = 'label'
GROUP BY ALL
