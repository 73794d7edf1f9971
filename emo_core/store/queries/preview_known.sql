-- Staged votes beside those that are there, after known_votes.sql: votes on clips that are new, new clips, votes on known
-- clips, those of them that are new, that replace another, and votes that are no longer in the source. $: corpus
SELECT
    (SELECT count(*) FROM incoming ANTI JOIN (SELECT name FROM clips WHERE corpus_id = $corpus) ON name = clip),
    (SELECT count(DISTINCT clip) FROM incoming ANTI JOIN (SELECT name FROM clips WHERE corpus_id = $corpus) ON name = clip),
    (SELECT count(*) FROM asked),
    (SELECT count(*) FROM new_votes),
    (SELECT count(replaces) FROM new_votes),
    (SELECT count(*) FROM gone)
