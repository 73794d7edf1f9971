-- $: first free vote id - 1, batch, corpus
INSERT INTO votes (vote_id, clip_id, panel_id, rater_id, emotion_id, voted_at, batch_id, provenance)
SELECT $base + row_number() OVER (), clip_id, panel_id, rater_id, emotion_id, voted_at, $batch, provenance
FROM (
    SELECT clips.clip_id, panels.panel_id, raters.rater_id, incoming.emotion_id, incoming.voted_at, incoming.provenance
    FROM incoming
    JOIN clips ON clips.corpus_id = $corpus AND clips.name = incoming.clip
    JOIN panels ON panels.corpus_id = $corpus AND panels.name = incoming.panel
    LEFT JOIN raters ON raters.panel_id = panels.panel_id AND raters.name = incoming.rater
    ORDER BY clips.clip_id, incoming.row, incoming.repeat
)
