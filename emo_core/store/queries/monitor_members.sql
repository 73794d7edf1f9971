-- Raters of a campaign in the order in which they joined. corrections: answers, skips and withdrawals beyond the first on a
-- labelled clip. hours: time between consecutive events, pauses longer than $pause seconds left out. $: campaign, pause
SELECT
    members.person_id, people.name AS rater, members.joined_at, members.sees_votes,
    coalesce(corrected.corrections, 0)::INTEGER AS corrections, coalesce(spent.hours, 0.0) AS hours
FROM members
JOIN people USING (person_id)
LEFT JOIN (
    SELECT person_id, sum(times - 1) AS corrections
    FROM (
        SELECT person_id, item, count(*) AS times
        FROM answers
        JOIN campaign_clips USING (campaign_id, item)
        WHERE campaign_id = $campaign AND role = 'label' AND turn = 0 AND kind IN ('answer', 'skip', 'retract')
        GROUP BY ALL
    )
    GROUP BY person_id
) AS corrected USING (person_id)
LEFT JOIN (
    SELECT person_id, sum(gap) FILTER (gap <= $pause) / 3600 AS hours
    FROM (
        SELECT
            person_id,
            epoch(happened_at) - lag(epoch(happened_at)) OVER (PARTITION BY person_id ORDER BY happened_at, answer_id) AS gap
        FROM answers
        WHERE campaign_id = $campaign
    )
    GROUP BY person_id
) AS spent USING (person_id)
WHERE members.campaign_id = $campaign
ORDER BY members.joined_at, members.person_id
