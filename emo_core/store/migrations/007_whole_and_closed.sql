-- Whether this file alone holds everything. commits counts transactions; log_from is their number when a write-ahead log was
-- begun beside the file, NULL where there is none: a file that was copied without its log still says that one belongs to it.
-- since: when the file was last whole by itself.
CREATE TABLE file_state (
    commits BIGINT NOT NULL,
    log_from BIGINT,
    since TIMESTAMP NOT NULL
);
INSERT INTO file_state VALUES (0, NULL, now() AT TIME ZONE 'UTC');

-- One row from the first invite on, whatever is removed later: the workbench stays closed to strangers.
-- Of stores from before: an invite, a blind member (who came by one), or a person whose campaign was removed.
CREATE TABLE first_invite (
    made_at TIMESTAMP NOT NULL
);
INSERT INTO first_invite
SELECT min(moment)
FROM (
    SELECT made_at AS moment FROM invites
    UNION ALL
    SELECT joined_at FROM members WHERE NOT sees_votes
    UNION ALL
    SELECT added_at FROM people ANTI JOIN members USING (person_id)
)
HAVING count(*) > 0;
