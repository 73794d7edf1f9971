-- Campaigns, oldest first, with what has happened in each. filled: slots of labelled clips that have an answer; answers counts
-- gold, practice and repeats too. Those of retired raters fill none.
SELECT
    campaign_id, name, study, panel, settings, made_at, closed_at,
    coalesce(clips, 0) AS clips, coalesce(gold, 0) AS gold, coalesce(practice, 0) AS practice,
    coalesce(raters, 0) AS raters, coalesce(answers, 0) AS answers, coalesce(filled, 0) AS filled,
    latest
FROM campaigns
LEFT JOIN (
    SELECT campaign_id, count(*) FILTER (role = 'label') AS clips, count(*) FILTER (role = 'gold') AS gold,
        count(*) FILTER (role = 'practice') AS practice
    FROM campaign_clips
    GROUP BY campaign_id
) AS counted USING (campaign_id)
LEFT JOIN (SELECT campaign_id, count(*) AS raters FROM members GROUP BY campaign_id) AS joined USING (campaign_id)
LEFT JOIN (
    SELECT campaign_id, count(*) FILTER (kind = 'answer') AS answers,
        count(*) FILTER (kind = 'answer' AND role = 'label' AND turn = 0 AND retired.name IS NULL) AS filled,
        max(received_at) AS latest
    FROM standing_answers
    JOIN campaign_clips USING (campaign_id, item)
    JOIN campaigns USING (campaign_id)
    JOIN people USING (person_id)
    LEFT JOIN (
        SELECT DISTINCT panels.name AS panel, raters.name
        FROM retired_raters
        JOIN raters USING (rater_id)
        JOIN panels USING (panel_id)
    ) AS retired ON retired.panel = campaigns.panel AND retired.name = people.name
    GROUP BY campaign_id
) AS answered USING (campaign_id)
ORDER BY campaign_id
