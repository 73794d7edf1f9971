-- Labelling: people listen in campaigns. Everything a listener does is a row of `answers`; votes follow from it.
CREATE SEQUENCE campaign_ids;
CREATE SEQUENCE person_ids;
CREATE SEQUENCE answer_ids;

CREATE TABLE campaigns (
    campaign_id INTEGER NOT NULL,
    name VARCHAR NOT NULL UNIQUE,
    study VARCHAR NOT NULL,
    panel VARCHAR NOT NULL,
    settings JSON NOT NULL,
    made_at TIMESTAMP NOT NULL,
    closed_at TIMESTAMP
);

-- What raters hear, by numbers that tell nothing about the clip: places in a seeded shuffle. role: label, gold, practice.
-- expected: what gold and practice clips were heard as before, {emotion: share}.
CREATE TABLE campaign_clips (
    campaign_id INTEGER NOT NULL,
    item INTEGER NOT NULL,
    clip_id BIGINT NOT NULL,
    role VARCHAR NOT NULL,
    expected JSON
);

CREATE TABLE people (
    person_id INTEGER NOT NULL,
    name VARCHAR NOT NULL UNIQUE,
    added_at TIMESTAMP NOT NULL
);

-- sees_votes: a researcher, who can look at votes elsewhere and so is not blind.
CREATE TABLE members (
    campaign_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    joined_at TIMESTAMP NOT NULL,
    sees_votes BOOLEAN NOT NULL
);

CREATE TABLE invites (
    campaign_id INTEGER NOT NULL,
    token VARCHAR NOT NULL UNIQUE,
    made_at TIMESTAMP NOT NULL,
    withdrawn_at TIMESTAMP
);

-- Who was handed which clip until when; a row goes when the clip is answered. turn 1 is a repeat for self-consistency.
CREATE TABLE reservations (
    campaign_id INTEGER NOT NULL,
    item INTEGER NOT NULL,
    turn UTINYINT NOT NULL,
    person_id INTEGER NOT NULL,
    until TIMESTAMP NOT NULL
);

-- Events, append-only, and the ledger of what was shown. session and seq are the browser's: they make a retried event one.
-- kind: shown, answer, skip, postpone, retract. For each person, item and turn the latest one that is not `shown` counts.
CREATE TABLE answers (
    answer_id BIGINT NOT NULL,
    campaign_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    item INTEGER NOT NULL,
    turn UTINYINT NOT NULL,
    kind VARCHAR NOT NULL,
    session VARCHAR NOT NULL,
    seq INTEGER NOT NULL,
    content JSON NOT NULL,
    seconds FLOAT,
    happened_at TIMESTAMP NOT NULL,
    received_at TIMESTAMP NOT NULL,
    vote_id BIGINT,
    UNIQUE (person_id, session, seq)
);

-- Whose votes are set aside, event by event; the latest for a rater counts.
CREATE TABLE retirements (
    rater_id INTEGER NOT NULL,
    retired BOOLEAN NOT NULL,
    reason VARCHAR NOT NULL,
    happened_at TIMESTAMP NOT NULL
);

-- Clips whose votes changed and whose statistics are not refreshed yet: labelling does not wait for them.
CREATE TABLE stale_clips (
    clip_id BIGINT NOT NULL
);

CREATE VIEW retired_raters AS
SELECT rater_id FROM retirements GROUP BY rater_id HAVING arg_max(retired, (happened_at, rowid));

CREATE OR REPLACE VIEW current_votes AS
SELECT votes.*
FROM votes
ANTI JOIN (SELECT replaces FROM votes WHERE replaces IS NOT NULL) AS replaced ON votes.vote_id = replaced.replaces
ANTI JOIN retired_raters ON votes.rater_id = retired_raters.rater_id
WHERE votes.emotion_id IS NOT NULL;

CREATE OR REPLACE VIEW current_ratings AS
SELECT votes.*
FROM votes
ANTI JOIN (SELECT replaces FROM votes WHERE replaces IS NOT NULL) AS replaced ON votes.vote_id = replaced.replaces
ANTI JOIN retired_raters ON votes.rater_id = retired_raters.rater_id
WHERE coalesce(votes.valence, votes.arousal, votes.dominance) IS NOT NULL;

-- The event that counts for each person, item and turn.
CREATE VIEW standing_answers AS
SELECT *
FROM answers
WHERE kind <> 'shown'
QUALIFY row_number() OVER (PARTITION BY campaign_id, person_id, item, turn ORDER BY answer_id DESC) = 1;

-- Raters of each campaign whose votes are set aside.
CREATE VIEW retired_members AS
SELECT DISTINCT campaigns.campaign_id, raters.name
FROM retired_raters
JOIN raters USING (rater_id)
JOIN panels USING (panel_id)
JOIN campaigns ON campaigns.panel = panels.name
WHERE EXISTS (
    SELECT 1
    FROM campaign_clips
    JOIN clips USING (clip_id)
    WHERE campaign_clips.campaign_id = campaigns.campaign_id AND clips.corpus_id = panels.corpus_id
);
