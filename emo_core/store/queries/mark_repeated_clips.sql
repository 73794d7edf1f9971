-- In a table of counts a clip stands once for each panel.
UPDATE incoming
SET problem = format('the clip ''{}'' stands in row {} already', incoming.clip, firsts.first_row)
FROM (
    SELECT clip, panel, min(row) AS first_row
    FROM incoming
    GROUP BY clip, panel
    HAVING min(row) < max(row)
) AS firsts
WHERE incoming.clip = firsts.clip AND incoming.panel = firsts.panel AND incoming.row > firsts.first_row
