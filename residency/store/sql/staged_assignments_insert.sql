INSERT INTO assignments (version_id, block_id, person_id, service_id, role, source, locked, created_by)
SELECT
    $1::uuid, block_id, person_id, service_id, ($2::text[])[role + 1], ($3::text[])[source + 1], locked, $4::text
FROM staged_assignments
