-- When the newest current vote of some panels came in, how many there are, how many came in after a moment, and how many
-- labels people gave in campaigns after another. An import's votes came in with it, whenever they were given.
-- $: since, lately; {panels}: numbers
SELECT
    max(came_in), count(*), count(*) FILTER (came_in > $since),
    count(*) FILTER (kind = 'labelling' AND came_in > $lately)
FROM (
    SELECT
        batches.kind,
        CASE batches.kind
            WHEN 'labelling' THEN coalesce(answers.received_at, current_votes.voted_at, batches.added_at)
            WHEN 'run' THEN greatest(batches.added_at, coalesce(current_votes.voted_at, batches.added_at))
            ELSE batches.added_at
        END AS came_in
    FROM current_votes
    JOIN batches USING (batch_id)
    LEFT JOIN (SELECT vote_id, received_at FROM answers WHERE vote_id IS NOT NULL) AS answers USING (vote_id)
    WHERE panel_id IN ({panels})
)
