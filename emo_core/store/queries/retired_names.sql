-- $: campaign
SELECT raters.name, arg_max(reason, retirements.rowid)
FROM retirements
JOIN retired_raters USING (rater_id)
JOIN raters USING (rater_id)
JOIN panels USING (panel_id)
JOIN campaigns ON campaigns.panel = panels.name AND campaigns.campaign_id = $campaign
JOIN retired_members ON retired_members.campaign_id = $campaign AND retired_members.name = raters.name
GROUP BY ALL
