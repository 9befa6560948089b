INSERT INTO people (
    external_id, name, type, faculty_role, fte, specialties, credentials, email,
    performs_procedures, active_from, active_to, pseudonym
)
SELECT
    external_id, name, type, faculty_role, fte, specialties, credentials, email,
    performs_procedures, active_from, active_to, pseudonym
FROM jsonb_to_recordset($1::jsonb) AS given (
    external_id text, name text, type text, faculty_role text, fte numeric, specialties text[],
    credentials text[], email text, performs_procedures boolean, active_from date, active_to date,
    pseudonym text
)
ON CONFLICT (external_id) DO UPDATE SET
    name = excluded.name,
    type = excluded.type,
    faculty_role = excluded.faculty_role,
    fte = excluded.fte,
    specialties = excluded.specialties,
    credentials = excluded.credentials,
    email = excluded.email,
    performs_procedures = excluded.performs_procedures,
    active_from = excluded.active_from,
    active_to = excluded.active_to,
    pseudonym = excluded.pseudonym,
    archived_at = NULL,
    updated_at = now()
WHERE people.archived_at IS NOT NULL OR (
    people.name, people.type, people.faculty_role, people.fte, people.specialties, people.credentials,
    people.email, people.performs_procedures, people.active_from, people.active_to, people.pseudonym
) IS DISTINCT FROM (
    excluded.name, excluded.type, excluded.faculty_role, excluded.fte, excluded.specialties,
    excluded.credentials, excluded.email, excluded.performs_procedures, excluded.active_from,
    excluded.active_to, excluded.pseudonym
)
