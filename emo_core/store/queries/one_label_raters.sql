-- $: corpus. Named raters with three votes or more, all for one emotion.
SELECT panels.name, raters.name, any_value(emotions.name), count(*)
FROM current_votes
JOIN raters USING (rater_id)
JOIN panels ON panels.panel_id = raters.panel_id
JOIN emotions USING (emotion_id)
WHERE panels.corpus_id = $corpus
GROUP BY panels.name, raters.name, raters.rater_id
HAVING count(DISTINCT emotion_id) = 1 AND count(*) >= 3
ORDER BY 4 DESC, 1, 2
