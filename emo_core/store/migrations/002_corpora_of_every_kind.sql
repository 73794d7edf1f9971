-- Corpora say what scale their raters had, clips the part of the corpus they belong to.
ALTER TABLE corpora ADD COLUMN rating_low DOUBLE;
ALTER TABLE corpora ADD COLUMN rating_high DOUBLE;
ALTER TABLE clips ADD COLUMN partition VARCHAR;

-- A vote's further labels may weigh less than its own: strengths stand beside secondary_ids, NULL where all are 1.
DROP VIEW current_votes;
ALTER TABLE votes ADD COLUMN secondary_strengths FLOAT[];
-- How long the answer took.
ALTER TABLE votes ADD COLUMN seconds FLOAT;

CREATE VIEW current_votes AS
SELECT votes.*
FROM votes
ANTI JOIN (SELECT replaces FROM votes WHERE replaces IS NOT NULL) AS replaced ON votes.vote_id = replaced.replaces
WHERE votes.emotion_id IS NOT NULL;

-- Answers on the scales of valence, arousal and dominance, whether or not they name an emotion too.
CREATE VIEW current_ratings AS
SELECT votes.*
FROM votes
ANTI JOIN (SELECT replaces FROM votes WHERE replaces IS NOT NULL) AS replaced ON votes.vote_id = replaced.replaces
WHERE coalesce(votes.valence, votes.arousal, votes.dominance) IS NOT NULL;

-- Emotions that a lab added to the vocabulary; those of the program have no colour here.
ALTER TABLE emotions ADD COLUMN colour VARCHAR;
ALTER TABLE emotions ADD COLUMN synonyms VARCHAR;

-- A study may look at several corpora; their panels go by the same names.
CREATE TABLE study_corpora (
    study_id INTEGER NOT NULL,
    corpus_id INTEGER NOT NULL,
    reference_panel_id INTEGER NOT NULL,
    candidate_panel_id INTEGER
);
INSERT INTO study_corpora SELECT study_id, corpus_id, reference_panel_id, candidate_panel_id FROM studies;
UPDATE studies SET settings = json_merge_patch(
    settings, json_object('corpora', json_array(json_extract_string(settings, '$.corpus')), 'corpus', NULL)
);
ALTER TABLE studies DROP COLUMN corpus_id;
ALTER TABLE studies DROP COLUMN reference_panel_id;
ALTER TABLE studies DROP COLUMN candidate_panel_id;

-- Where secondary labels count, what each emotion weighs: every vote shares 1 among its labels. NULL: as the counts.
ALTER TABLE study_clips ADD COLUMN reference_weights DOUBLE[];
ALTER TABLE study_clips ADD COLUMN candidate_weights DOUBLE[];

-- How a table's columns are read, kept under a name: the fields of VotesFile without the path.
CREATE TABLE mappings (
    name VARCHAR NOT NULL UNIQUE,
    settings JSON NOT NULL,
    saved_at TIMESTAMP NOT NULL
);

-- What was heard of each clip's sound when it was last examined; file_stamp (size and time of the file) tells whether it
-- must be examined again.
CREATE TABLE clip_sound (
    clip_id BIGINT NOT NULL,
    file_stamp VARCHAR,
    content_hash VARCHAR,
    duration_s DOUBLE,
    sample_rate INTEGER,
    channels INTEGER,
    peak_dbfs DOUBLE,
    rms_dbfs DOUBLE,
    codes VARCHAR[] NOT NULL,
    problem VARCHAR,
    examined_at TIMESTAMP NOT NULL
);

-- What is wrong with clips, as far as tables can tell; codes beside those of clip_sound are explained in store/health.py.
CREATE VIEW clip_problems AS
SELECT clip_id, corpus_id, 'no_audio' AS code FROM clips WHERE audio IS NULL
UNION ALL
SELECT clip_id, corpus_id, 'no_transcript' FROM clips WHERE trim(coalesce(transcript, '')) = ''
UNION ALL
SELECT clip_id, corpus_id, 'no_votes' FROM clips ANTI JOIN current_votes USING (clip_id)
UNION ALL
SELECT clip_id, corpus_id, unnest(codes) FROM clip_sound JOIN clips USING (clip_id)
UNION ALL
SELECT clip_id, corpus_id, 'same_audio'
FROM (
    SELECT clip_id, corpus_id, count(*) OVER (PARTITION BY corpus_id, content_hash) AS equals
    FROM clip_sound JOIN clips USING (clip_id)
    WHERE content_hash IS NOT NULL
)
WHERE equals > 1
UNION ALL
-- Durations differ by factors, so their logarithm is judged: further than 5 median absolute deviations from the median.
SELECT clip_id, corpus_id, 'odd_duration'
FROM (
    SELECT clip_id, corpus_id, ln(seconds) AS length
    FROM (
        SELECT clips.clip_id, clips.corpus_id,
            coalesce(clip_sound.duration_s, clips.end_s - clips.start_s, clips.duration_s) AS seconds
        FROM clips LEFT JOIN clip_sound USING (clip_id)
    )
    WHERE seconds > 0
) AS lengths
JOIN (
    SELECT corpus_id, median(ln(seconds)) AS middle, mad(ln(seconds)) AS spread
    FROM (
        SELECT clips.corpus_id,
            coalesce(clip_sound.duration_s, clips.end_s - clips.start_s, clips.duration_s) AS seconds
        FROM clips LEFT JOIN clip_sound USING (clip_id)
    )
    WHERE seconds > 0
    GROUP BY corpus_id
) AS usual USING (corpus_id)
WHERE spread > 0 AND abs(length - middle) > 5 * spread;
