-- $: study
SELECT
    clips.name AS clip, is_test, reference_counts, candidate_counts, outside_reference, outside_candidate, clips.speaker
FROM study_clips
JOIN clips USING (clip_id)
WHERE study_id = $study
ORDER BY study_clips.clip_id
