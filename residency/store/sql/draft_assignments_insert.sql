-- The assignments of the versions $2 as rows of the draft $1, but where the repaired cells say otherwise.
-- What is locked stays, unless it is the work of somebody who is lost.
WITH published AS (
    SELECT held.*, cell.person_id IS NOT NULL AND (cell.of_lost OR NOT held.locked)
        AND (cell.service_id, cell.role) IS DISTINCT FROM (held.service_id, held.role) AS replaced
    FROM assignments AS held
    LEFT JOIN repaired_cells AS cell ON cell.person_id = held.person_id AND cell.block_id = held.block_id
    WHERE held.version_id = ANY ($2::uuid[])
)
INSERT INTO assignments (
    version_id, block_id, person_id, service_id, role, source, locked, cause_id, override_reason,
    override_ack_at, override_by, notes, confidence, explain, created_by
)
SELECT
    $1::uuid, block_id, person_id, service_id, role, source, locked, cause_id, override_reason,
    override_ack_at, override_by, notes, confidence, explain, created_by
FROM published
WHERE NOT replaced
UNION ALL
SELECT
    $1::uuid, cell.block_id, cell.person_id, cell.service_id, cell.role, 'absence_repair', false,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, $3::text
FROM repaired_cells AS cell
LEFT JOIN published USING (person_id, block_id)
WHERE cell.service_id IS NOT NULL AND published.replaced IS NOT FALSE
