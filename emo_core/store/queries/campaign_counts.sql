-- Votes of a campaign's panels, its own set aside or not, on its clips, by emotion. $: campaign, panels
SELECT campaign_clips.item AS place, emotions.name AS emotion, count(*) AS votes
FROM campaign_votes($campaign) AS current_votes
JOIN panels ON panels.panel_id = current_votes.panel_id AND list_contains($panels, panels.name)
JOIN campaign_clips ON campaign_clips.clip_id = current_votes.clip_id AND campaign_clips.campaign_id = $campaign
JOIN emotions USING (emotion_id)
GROUP BY ALL
