-- First row and clip whose address of its sound climbs out of the folder.
SELECT first_row, clip
FROM incoming_fields
WHERE regexp_matches({address}, '(^|[/\\])\.\.([/\\]|$)')
ORDER BY first_row
LIMIT 1
