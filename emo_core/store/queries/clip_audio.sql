-- $: corpus, clip
SELECT corpora.audio_root, clips.audio, clips.start_s, clips.end_s
FROM clips
JOIN corpora USING (corpus_id)
WHERE corpora.name = $corpus AND clips.name = $clip
