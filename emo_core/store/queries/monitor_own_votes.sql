-- Of these votes, those of the campaign's own raters, whichever campaign they come from. $: campaign, panels
SELECT campaign_clips.item, members.person_id, current_votes.emotion_id::INTEGER AS emotion_id, count(*) AS votes
FROM campaign_votes($campaign) AS current_votes
JOIN panels ON panels.panel_id = current_votes.panel_id AND list_contains($panels, panels.name)
JOIN campaign_clips ON campaign_clips.clip_id = current_votes.clip_id AND campaign_clips.campaign_id = $campaign
    AND campaign_clips.role = 'label'
JOIN raters ON raters.rater_id = current_votes.rater_id AND raters.persona IS NULL AND raters.temperature IS NULL
JOIN people ON people.name = raters.name
JOIN members ON members.person_id = people.person_id AND members.campaign_id = $campaign
GROUP BY ALL
