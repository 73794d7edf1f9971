-- What is wrong with votes that an importer read: each rule broken, how many votes break it, and where the first of them is.
SELECT problem, count(*) AS times, arg_min(concat('clip ', coalesce(clip, 'without a name'), ', rater ' || rater), row)
FROM incoming
WHERE problem IS NOT NULL
GROUP BY problem
ORDER BY times DESC, problem
