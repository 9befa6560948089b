-- One row an assignment, every column of fixed width; the caller gives words their numbers.
SELECT
    assignments.person_id,
    assignments.service_id,
    blocks.date - DATE '2000-01-01',
    (array_position($2::text[], blocks.half::text) - 1)::smallint,
    (array_position($3::text[], assignments.role::text) - 1)::smallint,
    (array_position($4::text[], assignments.source::text) - 1)::smallint,
    assignments.locked
FROM assignments
JOIN blocks ON blocks.id = assignments.block_id
WHERE assignments.version_id = ANY ($1::uuid[])
  AND ($5::date IS NULL OR blocks.date >= $5)
  AND ($6::date IS NULL OR blocks.date < $6)
