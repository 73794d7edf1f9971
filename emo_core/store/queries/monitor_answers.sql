-- Standing answers and skips on a campaign's labelled clips, first hearings, in order of time. An emotion of 0 is none.
-- $: campaign
SELECT
    standing_answers.person_id, standing_answers.item, standing_answers.kind = 'answer' AS answered,
    coalesce(standing_answers.seconds::DOUBLE, 'nan'::DOUBLE) AS seconds, standing_answers.happened_at,
    coalesce(votes.emotion_id, 0)::INTEGER AS emotion_id
FROM standing_answers
JOIN campaign_clips USING (campaign_id, item)
LEFT JOIN votes USING (vote_id)
WHERE standing_answers.campaign_id = $campaign AND campaign_clips.role = 'label' AND standing_answers.turn = 0
    AND standing_answers.kind IN ('answer', 'skip')
ORDER BY standing_answers.happened_at, standing_answers.answer_id
