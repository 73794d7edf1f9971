-- Standing answers that check a rater: on gold clips, and on clips heard again, with the emotion that stands of the first
-- hearing. $: campaign
SELECT
    people.name AS rater, checked.person_id, checked.item, checked.turn, checked.content, campaign_clips.expected,
    emotions.name AS first
FROM standing_answers AS checked
JOIN people USING (person_id)
JOIN campaign_clips USING (campaign_id, item)
LEFT JOIN standing_answers AS heard ON checked.turn = 1 AND heard.campaign_id = $campaign AND heard.turn = 0
    AND heard.kind = 'answer' AND heard.item = checked.item AND heard.person_id = checked.person_id
LEFT JOIN votes ON votes.vote_id = heard.vote_id
LEFT JOIN emotions USING (emotion_id)
WHERE checked.campaign_id = $campaign AND checked.kind = 'answer'
    AND (checked.turn = 1 OR campaign_clips.role = 'gold')
