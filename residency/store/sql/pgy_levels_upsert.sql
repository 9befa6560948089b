INSERT INTO person_academic_years (person_id, academic_year, pgy_level)
SELECT people.id, given.academic_year, given.pgy
FROM jsonb_to_recordset($1::jsonb) AS given (person text, academic_year integer, pgy integer)
JOIN people ON people.external_id = given.person
ON CONFLICT (person_id, academic_year) DO UPDATE SET
    pgy_level = excluded.pgy_level,
    updated_at = now()
WHERE person_academic_years.pgy_level IS DISTINCT FROM excluded.pgy_level
