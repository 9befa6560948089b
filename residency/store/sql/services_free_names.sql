-- Frees names that an upsert would otherwise collide with when services of one bundle trade theirs.
UPDATE services
SET name = services.id::text
FROM jsonb_to_recordset($1::jsonb) AS given (abbreviation text, name text)
WHERE services.abbreviation = given.abbreviation AND services.name <> given.name
