-- Clips whose sound is there and can be read: its length is known, except where only a browser reads it.
count(audio) FILTER (duration_s IS NOT NULL OR regexp_matches(audio, '[.](m4a|mp4|webm)$', 'i'))
