-- EXCEPT compares empty cells as equal, so rows that already stand are left alone.
INSERT INTO coverage_requirements (
    service_id, weekday, date, half, role, minimum, maximum, valid_from, valid_to
)
SELECT
    services.id, given.weekday, given.date, given.half, given.role, given.minimum, given.maximum,
    given.valid_from, given.valid_to
FROM jsonb_to_recordset($1::jsonb) AS given (
    service text, weekday integer, date date, half text, role text, minimum integer, maximum integer,
    valid_from date, valid_to date
)
JOIN services ON services.abbreviation = given.service
EXCEPT
SELECT service_id, weekday, date, half, role, minimum, maximum, valid_from, valid_to
FROM coverage_requirements
