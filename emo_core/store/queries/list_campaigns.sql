-- Campaigns, oldest first, with what has happened in each. filled: slots of labelled clips that have an answer; answers counts
-- gold, practice and repeats too. Those of retired raters fill none, and those past the overlap fill no further one. set_aside: why its votes count nowhere,
-- NULL where they count.
SELECT
    campaign_id, name, study, panel, settings, made_at, closed_at,
    coalesce(clips, 0) AS clips, coalesce(gold, 0) AS gold, coalesce(practice, 0) AS practice,
    coalesce(raters, 0) AS raters, coalesce(answers, 0) AS answers, coalesce(filled, 0) AS filled,
    latest, set_aside
FROM campaigns
LEFT JOIN (
    SELECT campaign_id, count(*) FILTER (role = 'label') AS clips, count(*) FILTER (role = 'gold') AS gold,
        count(*) FILTER (role = 'practice') AS practice
    FROM campaign_clips
    GROUP BY campaign_id
) AS counted USING (campaign_id)
LEFT JOIN (SELECT campaign_id, count(*) AS raters FROM members GROUP BY campaign_id) AS joined USING (campaign_id)
LEFT JOIN (
    SELECT campaign_id, sum(answers)::BIGINT AS answers, sum(least(filled, overlap))::BIGINT AS filled, max(latest) AS latest
    FROM (
        SELECT campaign_id, item, count(*) FILTER (kind = 'answer') AS answers,
            count(*) FILTER (kind = 'answer' AND role = 'label' AND turn = 0 AND retired_members.name IS NULL) AS filled,
            max(received_at) AS latest
        FROM standing_answers
        JOIN campaign_clips USING (campaign_id, item)
        JOIN people USING (person_id)
        LEFT JOIN retired_members USING (campaign_id, name)
        GROUP BY campaign_id, item
    )
    JOIN (SELECT campaign_id, CAST(settings ->> '$.overlap' AS INTEGER) AS overlap FROM campaigns) USING (campaign_id)
    GROUP BY campaign_id
) AS answered USING (campaign_id)
LEFT JOIN (
    SELECT campaign_id, arg_max(reason, (happened_at, rowid)) AS set_aside
    FROM campaign_set_asides
    GROUP BY campaign_id
    HAVING arg_max(set_aside, (happened_at, rowid))
) AS aside USING (campaign_id)
ORDER BY campaign_id
