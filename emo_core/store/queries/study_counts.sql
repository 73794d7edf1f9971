-- $: study
SELECT study_clips.clip_id, is_test, reference_counts, candidate_counts, clips.speaker
FROM study_clips
JOIN clips USING (clip_id)
WHERE study_id = $study
ORDER BY study_clips.clip_id
