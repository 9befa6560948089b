-- The cells in which the repaired cells differ from what is published, by day, half-day and person.
SELECT
    people.external_id AS person, blocks.date AS day, blocks.half,
    former.name || CASE held.role WHEN 'primary' THEN '' ELSE ' (' || held.role || ')' END AS before,
    latter.name || CASE cell.role WHEN 'primary' THEN '' ELSE ' (' || cell.role || ')' END AS after
FROM repaired_cells AS cell
JOIN people ON people.id = cell.person_id
JOIN blocks ON blocks.id = cell.block_id
LEFT JOIN schedule_versions AS version ON version.publication = 'published'
    AND version.start_date <= blocks.date AND version.end_date > blocks.date
LEFT JOIN assignments AS held ON held.version_id = version.id
    AND held.person_id = cell.person_id AND held.block_id = cell.block_id
LEFT JOIN services AS former ON former.id = held.service_id
LEFT JOIN services AS latter ON latter.id = cell.service_id
WHERE (cell.service_id, cell.role) IS DISTINCT FROM (held.service_id, held.role)
    AND (cell.of_lost OR held.locked IS NOT TRUE)
ORDER BY blocks.date, blocks.half, people.external_id
