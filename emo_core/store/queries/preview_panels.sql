-- After known_votes.sql: panels that would get new votes and have votes of other sources, how many, and how many of the new
-- ones are by a named rater who has such a vote on the same clip. $: corpus
WITH elsewhere AS (
    SELECT panels.name AS panel, current_votes.clip_id, raters.name AS rater
    FROM current_votes
    JOIN panels ON panels.panel_id = current_votes.panel_id AND panels.corpus_id = $corpus
    LEFT JOIN raters ON raters.rater_id = current_votes.rater_id
    WHERE vote_id NOT IN (SELECT vote_id FROM known)
),
news AS (
    SELECT incoming.panel, new_votes.clip_id, incoming.rater
    FROM new_votes
    JOIN incoming USING (position)
)
SELECT
    panel,
    count(*),
    (SELECT count(*) FROM news SEMI JOIN elsewhere AS also USING (panel, clip_id, rater) WHERE news.panel = elsewhere.panel)
FROM elsewhere
WHERE panel IN (SELECT panel FROM news)
GROUP BY panel
ORDER BY panel
