-- One row an assignment, every column of fixed width; the caller's lists give people and services their numbers.
SELECT
    person.position::integer - 1,
    service.position::integer - 1,
    blocks.date - DATE '2000-01-01',
    (array_position($4::text[], blocks.half::text) - 1)::smallint,
    (array_position($5::text[], assignments.role::text) - 1)::smallint,
    (array_position($6::text[], assignments.source::text) - 1)::smallint,
    assignments.locked
FROM assignments
JOIN blocks ON blocks.id = assignments.block_id
JOIN unnest($2::uuid[]) WITH ORDINALITY AS person (id, position) ON person.id = assignments.person_id
JOIN unnest($3::uuid[]) WITH ORDINALITY AS service (id, position) ON service.id = assignments.service_id
WHERE assignments.version_id = ANY ($1::uuid[])
  AND ($7::date IS NULL OR blocks.date >= $7)
  AND ($8::date IS NULL OR blocks.date < $8)
ORDER BY blocks.date, blocks.half, 1
