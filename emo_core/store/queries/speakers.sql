-- $: study
SELECT DISTINCT clips.speaker
FROM study_clips
JOIN clips USING (clip_id)
WHERE study_id = $study AND clips.speaker IS NOT NULL
ORDER BY 1
