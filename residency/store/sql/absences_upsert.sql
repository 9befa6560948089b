INSERT INTO absences (
    person_id, start_date, start_half, end_date, end_half, type, status, away_from_program, created_by
)
SELECT
    people.id, given.start_date, given.start_half, given.end_date, given.end_half, given.type, given.status,
    people.type = 'resident', 'import'
FROM jsonb_to_recordset($1::jsonb) AS given (
    person text, start_date date, start_half text, end_date date, end_half text, type text, status text
)
JOIN people ON people.external_id = given.person
ON CONFLICT ON CONSTRAINT uq_absences_natural DO UPDATE SET
    status = excluded.status,
    updated_at = now()
WHERE absences.status <> excluded.status
