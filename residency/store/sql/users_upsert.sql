-- Passwords belong to the scheduling application and are never touched.
INSERT INTO users (username, email, role, person_id)
SELECT given.username, given.email, given.role, people.id
FROM jsonb_to_recordset($1::jsonb) AS given (username text, email text, role text, person text)
LEFT JOIN people ON people.external_id = given.person
ON CONFLICT (username) DO UPDATE SET
    email = excluded.email,
    role = excluded.role,
    person_id = excluded.person_id,
    updated_at = now()
WHERE (users.email, users.role, users.person_id)
    IS DISTINCT FROM (excluded.email, excluded.role, excluded.person_id)
