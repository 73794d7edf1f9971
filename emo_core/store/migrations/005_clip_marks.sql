-- Clips that a researcher marked to be left out while listening, event by event; the latest for a clip counts.
CREATE TABLE clip_marks (
    clip_id BIGINT NOT NULL,
    marked BOOLEAN NOT NULL,
    reason VARCHAR NOT NULL,
    marked_by VARCHAR,
    happened_at TIMESTAMP NOT NULL
);

CREATE VIEW marked_clips AS
SELECT clip_id, reason, marked_by, happened_at
FROM clip_marks
QUALIFY row_number() OVER (PARTITION BY clip_id ORDER BY happened_at DESC, rowid DESC) = 1 AND marked;
