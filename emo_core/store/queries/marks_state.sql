SELECT (SELECT count(*) FROM clip_marks), (SELECT count(*) FROM clip_sound), (SELECT max(examined_at) FROM clip_sound)
