-- Runs of models: what was planned, and how far the account of its job was taken in. run_id is the number of its job.
-- taken: bytes of the account that are in the store already; it moves in the transaction that writes the votes.
CREATE TABLE runs (
    run_id INTEGER NOT NULL,
    name VARCHAR NOT NULL UNIQUE,
    question VARCHAR NOT NULL,
    study VARCHAR NOT NULL,
    panel VARCHAR NOT NULL,
    settings JSON NOT NULL,
    made_at TIMESTAMP NOT NULL,
    taken BIGINT NOT NULL,
    companion VARCHAR
);

-- What a model gives for a clip that is no vote: numbers for each emotion of the run, in its order. reading says what they
-- are: probabilities of the labels for a persona and temperature (exact), percentages (text), or raw logits (tokens …).
CREATE TABLE run_readings (
    run_id INTEGER NOT NULL,
    clip_id BIGINT NOT NULL,
    prompt VARCHAR NOT NULL,
    reading VARCHAR NOT NULL,
    values DOUBLE[],
    reply VARCHAR
);
