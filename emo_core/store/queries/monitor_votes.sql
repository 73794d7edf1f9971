-- Current votes of a campaign's panel on its labelled clips. $: campaign, panel
SELECT campaign_clips.item, current_votes.emotion_id::INTEGER AS emotion_id, count(*) AS votes
FROM current_votes
JOIN panels ON panels.panel_id = current_votes.panel_id AND panels.name = $panel
JOIN campaign_clips ON campaign_clips.clip_id = current_votes.clip_id AND campaign_clips.campaign_id = $campaign
    AND campaign_clips.role = 'label'
GROUP BY ALL
