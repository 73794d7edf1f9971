-- What one rater answered in a campaign, latest first; the clip's own name stays hidden. $: campaign, person, limit, offset
SELECT
    standing_answers.item, standing_answers.turn, standing_answers.kind, standing_answers.content,
    standing_answers.seconds, standing_answers.happened_at, greatest(corrected.times - 1, 0) AS corrections
FROM standing_answers
JOIN (
    SELECT person_id, campaign_id, item, turn, count(*) FILTER (kind IN ('answer', 'skip', 'retract')) AS times
    FROM answers
    GROUP BY ALL
) AS corrected USING (person_id, campaign_id, item, turn)
JOIN campaign_clips USING (campaign_id, item)
WHERE standing_answers.campaign_id = $campaign AND standing_answers.person_id = $person
    AND campaign_clips.role = 'label' AND standing_answers.turn = 0
ORDER BY standing_answers.happened_at DESC, standing_answers.answer_id DESC
LIMIT $limit OFFSET $offset
