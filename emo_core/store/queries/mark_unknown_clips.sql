-- $: corpus
UPDATE incoming
SET problem = format('there is no clip ''{}'' in the corpus', clip)
WHERE clip NOT IN (SELECT name FROM clips WHERE corpus_id = $corpus)
