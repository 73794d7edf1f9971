-- Where the clips of a study lie, for those that the numbers name. The braces take what a clip is called (studies.clip_key).
-- $: clips
SELECT
    {key} AS clip, corpora.name AS corpus, clips.name, corpora.audio_root AS root, clips.audio, clips.start_s, clips.end_s,
    coalesce(clip_sound.duration_s, clips.duration_s) AS duration_s, clips.transcript, clips.clip_id
FROM clips
JOIN corpora USING (corpus_id)
LEFT JOIN clip_sound USING (clip_id)
WHERE list_contains($clips, clips.clip_id) AND clips.audio IS NOT NULL AND corpora.audio_root IS NOT NULL
ORDER BY clips.clip_id
