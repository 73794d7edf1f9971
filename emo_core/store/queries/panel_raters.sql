-- $: panels
SELECT rater_id, name, persona, temperature FROM raters WHERE list_contains($panels, panel_id) ORDER BY rater_id
