-- Every person of the fallback $1 in each of the half-days $2 (0 is the first morning of its period), with
-- what the fallback gives them there; no service where it gives them nothing.
WITH fallback AS MATERIALIZED (
    SELECT period_start, subject, assignments FROM fallback_schedules WHERE id = $1::uuid
), wanted AS (
    SELECT blocks.id AS block_id, given.number
    FROM fallback
    CROSS JOIN unnest($2::integer[]) AS given (number)
    JOIN blocks ON blocks.date = fallback.period_start + given.number / 2
        AND blocks.half = CASE given.number % 2 WHEN 0 THEN 'AM' ELSE 'PM' END
), staff AS (
    SELECT each.value::uuid AS id, each.place - 1 AS code
    FROM fallback, jsonb_array_elements_text(assignments -> 'people') WITH ORDINALITY AS each (value, place)
), kinds AS (
    SELECT each.value::uuid AS id, each.place - 1 AS code
    FROM fallback, jsonb_array_elements_text(assignments -> 'services') WITH ORDINALITY AS each (value, place)
), cells AS (
    SELECT cell.person::integer, cell.block::integer, kinds.id AS service_id,
        fallback.assignments -> 'roles' ->> cell.role::integer AS role
    FROM fallback
    CROSS JOIN LATERAL ROWS FROM (
        jsonb_array_elements(assignments -> 'person'),
        jsonb_array_elements(assignments -> 'block'),
        jsonb_array_elements(assignments -> 'service'),
        jsonb_array_elements(assignments -> 'role')
    ) AS cell (person, block, service, role)
    JOIN kinds ON kinds.code = cell.service::integer
)
INSERT INTO repaired_cells (person_id, block_id, service_id, role, of_lost)
SELECT staff.id, wanted.block_id, cells.service_id, cells.role, staff.id = ANY (fallback.subject)
FROM fallback
CROSS JOIN staff
CROSS JOIN wanted
LEFT JOIN cells ON cells.person = staff.code AND cells.block = wanted.number
