-- $: corpus
UPDATE incoming AS staged
SET rater = stored.name
FROM (
    SELECT panels.name AS panel, cleaned(raters.name) AS clean, min(raters.name) AS name
    FROM raters
    JOIN panels ON panels.panel_id = raters.panel_id AND panels.corpus_id = $corpus
    GROUP BY ALL
    HAVING count_if(raters.name = cleaned(raters.name)) = 0
) AS stored
WHERE staged.panel = stored.panel AND staged.rater = stored.clean
