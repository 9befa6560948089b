-- Frees what an upsert would otherwise collide with when people of one bundle trade addresses or pseudonyms.
UPDATE people
SET email = NULL, pseudonym = people.id::text
FROM jsonb_to_recordset($1::jsonb) AS given (external_id text, email text, pseudonym text)
WHERE people.external_id = given.external_id
  AND (people.email IS DISTINCT FROM given.email OR people.pseudonym IS DISTINCT FROM given.pseudonym)
