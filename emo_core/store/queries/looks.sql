-- What the last look at the sound of a study's clips kept.
-- $: study
SELECT corpora.name, clips.name, clip_sound.file_stamp, clip_sound.duration_s, clip_sound.codes
FROM study_clips
JOIN clips USING (clip_id)
JOIN corpora USING (corpus_id)
JOIN clip_sound USING (clip_id)
WHERE study_id = $study
