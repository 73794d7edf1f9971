-- $: corpus (NULL: any)
SELECT
    studies.settings, studies.study_id,
    list({corpus_id: places.corpus_id, reference_id: places.reference_panel_id, candidate_id: places.candidate_panel_id}
        ORDER BY places.rowid) AS places,
    studies.test_threshold, studies.version
FROM studies
JOIN study_corpora AS places USING (study_id)
WHERE $corpus IS NULL OR studies.study_id IN (SELECT study_id FROM study_corpora WHERE corpus_id = $corpus)
GROUP BY ALL
ORDER BY studies.study_id
