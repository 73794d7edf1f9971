-- Campaigns whose answers count nowhere, event by event; the latest for a campaign counts. A pilot is set aside when it is
-- made. Events stay when the campaign is removed: what was set aside does not come back by that.
CREATE TABLE campaign_set_asides (
    campaign_id INTEGER NOT NULL,
    set_aside BOOLEAN NOT NULL,
    reason VARCHAR NOT NULL,
    happened_at TIMESTAMP NOT NULL
);

-- Every vote that came of a campaign, a researcher's decisions too, is in one of the campaign's batches.
CREATE VIEW batches_set_aside AS
SELECT batches.batch_id, latest.campaign_id
FROM batches
JOIN (
    SELECT campaign_id
    FROM campaign_set_asides
    GROUP BY campaign_id
    HAVING arg_max(set_aside, (happened_at, rowid))
) AS latest ON batches.source = 'campaign ' || latest.campaign_id
WHERE batches.kind = 'labelling';

-- A vote that is set aside neither counts nor replaces another.
CREATE OR REPLACE VIEW current_votes AS
SELECT votes.*
FROM votes
ANTI JOIN (
    SELECT replaces
    FROM votes
    ANTI JOIN batches_set_aside ON votes.batch_id = batches_set_aside.batch_id
    WHERE replaces IS NOT NULL
) AS replaced ON votes.vote_id = replaced.replaces
ANTI JOIN retired_raters ON votes.rater_id = retired_raters.rater_id
ANTI JOIN batches_set_aside ON votes.batch_id = batches_set_aside.batch_id
WHERE votes.emotion_id IS NOT NULL;

CREATE OR REPLACE VIEW current_ratings AS
SELECT votes.*
FROM votes
ANTI JOIN (
    SELECT replaces
    FROM votes
    ANTI JOIN batches_set_aside ON votes.batch_id = batches_set_aside.batch_id
    WHERE replaces IS NOT NULL
) AS replaced ON votes.vote_id = replaced.replaces
ANTI JOIN retired_raters ON votes.rater_id = retired_raters.rater_id
ANTI JOIN batches_set_aside ON votes.batch_id = batches_set_aside.batch_id
WHERE coalesce(votes.valence, votes.arousal, votes.dominance) IS NOT NULL;

-- What a campaign's own desk and monitor see: as `current_votes`, with the campaign's own votes whether set aside or not.
CREATE MACRO campaign_votes(campaign) AS TABLE
SELECT votes.*
FROM votes
ANTI JOIN (
    SELECT replaces
    FROM votes
    WHERE replaces IS NOT NULL
        AND batch_id NOT IN (SELECT batch_id FROM batches_set_aside WHERE campaign_id <> campaign)
) AS replaced ON votes.vote_id = replaced.replaces
ANTI JOIN retired_raters ON votes.rater_id = retired_raters.rater_id
WHERE votes.emotion_id IS NOT NULL
    AND votes.batch_id NOT IN (SELECT batch_id FROM batches_set_aside WHERE campaign_id <> campaign);
