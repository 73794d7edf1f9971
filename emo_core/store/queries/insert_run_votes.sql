-- Votes of a run on the clips of one corpus. `staged_draws` has the staged draws.
-- $: base (first free vote id - 1), batch, corpus, panel
INSERT INTO votes (vote_id, clip_id, panel_id, rater_id, emotion_id, voted_at, batch_id, provenance)
SELECT
    $base + row_number() OVER (ORDER BY fresh.clip_id, fresh.draw), fresh.clip_id, raters.panel_id, raters.rater_id,
    emotions.emotion_id, CAST(fresh.at AS TIMESTAMP), $batch, fresh.provenance
FROM staged_draws AS fresh
JOIN emotions ON emotions.name = fresh.label
JOIN raters ON raters.panel_id = $panel AND raters.name = fresh.rater
WHERE fresh.corpus_id = $corpus
ORDER BY fresh.clip_id, fresh.draw
