-- Whoever a published bundle does not name was in the program until the day before it begins.
UPDATE people
SET
    active_to = CASE
        WHEN active_to < $2::date THEN active_to
        ELSE GREATEST($2::date - 1, active_from)
    END,
    archived_at = now(),
    updated_at = now()
WHERE NOT external_id = ANY ($1::text[]) AND archived_at IS NULL
RETURNING external_id
