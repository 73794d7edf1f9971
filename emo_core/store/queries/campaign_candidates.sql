-- Clips with sound that a campaign may label: of the given corpora; where a study is given, those that it keeps or would
-- keep with more votes. $: corpora, study (NULL: none)
SELECT clips.clip_id, clips.corpus_id, {key} AS clip
FROM clips
JOIN corpora USING (corpus_id)
LEFT JOIN study_clips ON study_clips.clip_id = clips.clip_id AND study_clips.study_id = $study
LEFT JOIN study_exclusions ON study_exclusions.clip_id = clips.clip_id AND study_exclusions.study_id = $study
WHERE list_contains($corpora, clips.corpus_id) AND clips.audio IS NOT NULL AND corpora.audio_root IS NOT NULL
    AND ($study IS NULL OR study_clips.clip_id IS NOT NULL
        OR study_exclusions.reason IN ('no_reference_votes', 'too_few_reference_votes', 'no_candidate_votes'))
ORDER BY clips.clip_id
