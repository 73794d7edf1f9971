SELECT
    corpora.name, corpora.format, corpora.source, corpora.audio_root, corpora.licence, corpora.simulated, corpora.added_at,
    corpora.rating_low, corpora.rating_high,
    (SELECT count(*) FROM clips WHERE clips.corpus_id = corpora.corpus_id) AS clips,
    (SELECT {heard} FROM clips WHERE clips.corpus_id = corpora.corpus_id) AS clips_with_audio
FROM corpora
ORDER BY corpora.corpus_id
