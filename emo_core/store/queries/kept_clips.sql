-- The braces take what a clip is called (studies.clip_key).
-- $: study
SELECT study_clips.clip_id, {key} AS clip, clips.speaker
FROM study_clips
JOIN clips USING (clip_id)
JOIN corpora USING (corpus_id)
WHERE study_id = $study
ORDER BY study_clips.clip_id
