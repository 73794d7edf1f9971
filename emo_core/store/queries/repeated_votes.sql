SELECT count(*)
FROM (SELECT 1 FROM incoming WHERE rater IS NOT NULL GROUP BY clip, panel, rater, persona, temperature HAVING count(*) > 1)
