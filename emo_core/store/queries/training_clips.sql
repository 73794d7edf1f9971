-- Where the clips lie on which a study trains and tests, with what may not stand on both sides. The braces take what a clip is
-- called (studies.clip_key).
-- $: study
SELECT
    study_clips.clip_id, {key} AS clip, corpora.name AS corpus, clips.name, corpora.audio_root AS root, clips.audio,
    clips.start_s, clips.end_s, coalesce(clip_sound.duration_s, clips.duration_s) AS duration_s, clips.transcript,
    clips.speaker, clips.session, study_clips.is_test
FROM study_clips
JOIN clips USING (clip_id)
JOIN corpora USING (corpus_id)
LEFT JOIN clip_sound USING (clip_id)
WHERE study_id = $study
ORDER BY study_clips.clip_id
