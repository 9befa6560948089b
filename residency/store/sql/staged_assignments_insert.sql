INSERT INTO assignments (version_id, block_id, person_id, service_id, role, source, locked, created_by)
SELECT
    $1::uuid, blocks.id, people.id, services.id, roles.word, sources.word, staged.locked, $7::text
FROM staged_assignments AS staged
JOIN unnest($2::text[]) WITH ORDINALITY AS person (external_id, position)
    ON person.position = staged.person + 1
JOIN people ON people.external_id = person.external_id
JOIN unnest($3::text[]) WITH ORDINALITY AS service (abbreviation, position)
    ON service.position = staged.service + 1
JOIN services ON services.abbreviation = service.abbreviation
JOIN unnest($4::text[]) WITH ORDINALITY AS halves (word, position) ON halves.position = staged.half + 1
JOIN unnest($5::text[]) WITH ORDINALITY AS roles (word, position) ON roles.position = staged.role + 1
JOIN unnest($6::text[]) WITH ORDINALITY AS sources (word, position) ON sources.position = staged.source + 1
JOIN blocks ON blocks.date = DATE '2000-01-01' + staged.day AND blocks.half = halves.word
