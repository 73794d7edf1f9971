-- $: name, colour, synonyms (NULL for an emotion of the program)
INSERT INTO emotions (name, emotion_id, colour, synonyms)
SELECT $name, coalesce(max(emotion_id), 0) + 1, $colour, $synonyms FROM emotions
