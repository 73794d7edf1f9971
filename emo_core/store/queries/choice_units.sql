-- $: corpora. Whether every clip has a speaker, a session, a partition.
SELECT count(speaker) = count(*), count(session) = count(*), count(partition) = count(*)
FROM clips
WHERE list_contains($corpora, corpus_id)
