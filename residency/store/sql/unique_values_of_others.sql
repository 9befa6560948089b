-- Addresses, pseudonyms and names in a bundle that rows outside it already bear.
SELECT 'people' AS sheet, given.external_id AS key, 'email' AS field, people.external_id AS holder
FROM jsonb_to_recordset($1::jsonb) AS given (external_id text, email text)
JOIN people ON people.email = given.email AND people.external_id <> given.external_id
WHERE people.external_id <> ALL (SELECT value ->> 'external_id' FROM jsonb_array_elements($1::jsonb))
UNION ALL
SELECT 'people', given.external_id, 'pseudonym', people.external_id
FROM jsonb_to_recordset($1::jsonb) AS given (external_id text, pseudonym text)
JOIN people ON people.pseudonym = given.pseudonym AND people.external_id <> given.external_id
WHERE people.external_id <> ALL (SELECT value ->> 'external_id' FROM jsonb_array_elements($1::jsonb))
UNION ALL
SELECT 'services', given.abbreviation, 'name', services.abbreviation
FROM jsonb_to_recordset($2::jsonb) AS given (abbreviation text, name text)
JOIN services ON services.name = given.name AND services.abbreviation <> given.abbreviation
WHERE services.abbreviation <> ALL (SELECT value ->> 'abbreviation' FROM jsonb_array_elements($2::jsonb))
UNION ALL
SELECT 'users', given.username, 'email', users.username
FROM jsonb_to_recordset($3::jsonb) AS given (username text, email text)
JOIN users ON users.email = given.email AND users.username <> given.username
WHERE users.username <> ALL (SELECT value ->> 'username' FROM jsonb_array_elements($3::jsonb))
LIMIT 1
