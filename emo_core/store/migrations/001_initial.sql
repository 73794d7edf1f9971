-- Times are TIMESTAMP in UTC. Numbers without a sequence are given by the writer: max + 1.

-- These numbers are never given twice, even after a removal: what pages keep in memory is found by them.
CREATE SEQUENCE corpus_ids;
CREATE SEQUENCE study_ids;
CREATE SEQUENCE batch_ids;

CREATE TABLE emotions (
    emotion_id UTINYINT NOT NULL,
    name VARCHAR NOT NULL UNIQUE
);

CREATE TABLE corpora (
    corpus_id INTEGER NOT NULL,
    name VARCHAR NOT NULL UNIQUE,
    format VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    audio_root VARCHAR,
    licence VARCHAR NOT NULL,
    simulated BOOLEAN NOT NULL,
    added_at TIMESTAMP NOT NULL
);

-- Loaded in order of clip_id, one unbroken range a corpus: zone maps find a clip without an index.
CREATE TABLE clips (
    clip_id BIGINT NOT NULL,
    corpus_id INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    audio VARCHAR,
    start_s DOUBLE,
    end_s DOUBLE,
    duration_s DOUBLE,
    transcript VARCHAR,
    speaker VARCHAR,
    session VARCHAR,
    metadata JSON
);

CREATE TABLE panels (
    panel_id INTEGER NOT NULL,
    corpus_id INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    UNIQUE (corpus_id, name)
);

CREATE TABLE raters (
    rater_id INTEGER NOT NULL,
    panel_id INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    persona VARCHAR,
    temperature DOUBLE
);

-- One row for each thing that brought votes: an import, later a labelling session or a run.
CREATE TABLE batches (
    batch_id INTEGER NOT NULL,
    corpus_id INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    added_at TIMESTAMP NOT NULL,
    report JSON
);

-- Events, append-only. A correction is a new row that names the one it replaces; without an emotion it withdraws it.
-- Bulk votes are stored sorted by clip. rater_id is NULL where the rater is not known.
CREATE TABLE votes (
    vote_id BIGINT NOT NULL,
    clip_id BIGINT NOT NULL,
    panel_id INTEGER NOT NULL,
    rater_id INTEGER,
    emotion_id UTINYINT,
    secondary_ids UTINYINT[],
    valence FLOAT,
    arousal FLOAT,
    dominance FLOAT,
    confidence FLOAT,
    comment VARCHAR,
    voted_at TIMESTAMP,
    replaces BIGINT,
    batch_id INTEGER NOT NULL,
    provenance JSON
);

CREATE VIEW current_votes AS
SELECT votes.*
FROM votes
ANTI JOIN (SELECT replaces FROM votes WHERE replaces IS NOT NULL) AS replaced ON votes.vote_id = replaced.replaces
WHERE votes.emotion_id IS NOT NULL;

-- unit_hash ≤ test_threshold puts a clip (or its speaker) on the test side: the same side whatever joins later.
CREATE TABLE studies (
    study_id INTEGER NOT NULL,
    name VARCHAR NOT NULL UNIQUE,
    corpus_id INTEGER NOT NULL,
    reference_panel_id INTEGER NOT NULL,
    candidate_panel_id INTEGER,
    settings JSON NOT NULL,
    test_threshold UBIGINT NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL
);

-- Materialised by the transaction that adds votes. Counts stand in the order of the study's emotions.
-- Divergences in bits; NULL where undefined.
CREATE TABLE study_clips (
    study_id INTEGER NOT NULL,
    clip_id BIGINT NOT NULL,
    is_test BOOLEAN NOT NULL,
    n_reference INTEGER NOT NULL,
    n_candidate INTEGER NOT NULL,
    outside_reference INTEGER NOT NULL,
    outside_candidate INTEGER NOT NULL,
    reference_counts INTEGER[] NOT NULL,
    candidate_counts INTEGER[] NOT NULL,
    entropy_reference DOUBLE,
    entropy_candidate DOUBLE,
    entropy_combined DOUBLE,
    js_divergence DOUBLE,
    bhattacharyya_coefficient DOUBLE,
    total_variation DOUBLE,
    majority_reference VARCHAR,
    majority_candidate VARCHAR
);

CREATE TABLE study_exclusions (
    study_id INTEGER NOT NULL,
    clip_id BIGINT NOT NULL,
    reason VARCHAR NOT NULL
);
