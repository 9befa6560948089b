-- Frees addresses that an upsert would otherwise collide with when users of one bundle trade theirs.
UPDATE users
SET email = users.id::text
FROM jsonb_to_recordset($1::jsonb) AS given (username text, email text)
WHERE users.username = given.username AND users.email <> given.email
