-- Current votes of a campaign's panel on its clips, by emotion. $: campaign, panel
SELECT campaign_clips.item AS place, emotions.name AS emotion, count(*) AS votes
FROM current_votes
JOIN panels ON panels.panel_id = current_votes.panel_id AND panels.name = $panel
JOIN campaign_clips ON campaign_clips.clip_id = current_votes.clip_id AND campaign_clips.campaign_id = $campaign
JOIN emotions USING (emotion_id)
GROUP BY ALL
