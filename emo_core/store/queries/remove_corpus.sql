DELETE FROM stale_clips WHERE clip_id IN (SELECT clip_id FROM clips WHERE corpus_id = $corpus);
DELETE FROM clip_marks WHERE clip_id IN (SELECT clip_id FROM clips WHERE corpus_id = $corpus);
DELETE FROM clip_sound WHERE clip_id IN (SELECT clip_id FROM clips WHERE corpus_id = $corpus);
DELETE FROM study_clips WHERE study_id IN (SELECT study_id FROM study_corpora WHERE corpus_id = $corpus);
DELETE FROM study_exclusions WHERE study_id IN (SELECT study_id FROM study_corpora WHERE corpus_id = $corpus);
DELETE FROM studies WHERE study_id IN (SELECT study_id FROM study_corpora WHERE corpus_id = $corpus);
DELETE FROM study_corpora WHERE study_id IN (SELECT study_id FROM study_corpora WHERE corpus_id = $corpus);
DELETE FROM votes WHERE batch_id IN (SELECT batch_id FROM batches WHERE corpus_id = $corpus);
DELETE FROM batches WHERE corpus_id = $corpus;
DELETE FROM retirements WHERE rater_id IN (
    SELECT rater_id FROM raters JOIN panels USING (panel_id) WHERE corpus_id = $corpus
);
DELETE FROM raters WHERE panel_id IN (SELECT panel_id FROM panels WHERE corpus_id = $corpus);
DELETE FROM panels WHERE corpus_id = $corpus;
DELETE FROM clips WHERE corpus_id = $corpus;
DELETE FROM corpora WHERE corpus_id = $corpus;
