-- What is flagged in the standing answers on a campaign's labelled clips, first hearings: one row an answer. $: campaign
SELECT item, flags
FROM (
    SELECT standing_answers.item, standing_answers.content -> '$.answer.flags' AS flags
    FROM standing_answers
    JOIN campaign_clips USING (campaign_id, item)
    WHERE standing_answers.campaign_id = $campaign AND campaign_clips.role = 'label' AND standing_answers.turn = 0
        AND standing_answers.kind = 'answer'
)
WHERE flags::VARCHAR NOT IN ('null', '[]', '""')
