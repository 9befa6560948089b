-- Years that had ended before the bundle begins, in which it says something else than the database.
SELECT given.person, given.academic_year, given.pgy, stored.pgy_level
FROM jsonb_to_recordset($1::jsonb) AS given (person text, academic_year integer, pgy integer)
JOIN people ON people.external_id = given.person
JOIN person_academic_years AS stored
    ON stored.person_id = people.id AND stored.academic_year = given.academic_year
WHERE given.academic_year < $2 AND stored.pgy_level IS NOT NULL AND stored.pgy_level <> given.pgy
ORDER BY given.person COLLATE "C", given.academic_year
LIMIT 1
