INSERT INTO rotations (
    version_id, person_id, service_id, start_date, end_date, academic_year, block_number
)
SELECT
    $1::uuid, people.id, services.id, given.start_date, given.end_date, given.academic_year,
    given.block_number
FROM jsonb_to_recordset($2::jsonb) AS given (
    person text, service text, start_date date, end_date date, academic_year integer, block_number integer
)
JOIN people ON people.external_id = given.person
JOIN services ON services.abbreviation = given.service
