-- What a published bundle does not name is history; its past assignments still name it.
UPDATE services
SET archived_at = now(), archived_by = $2, updated_at = now()
WHERE NOT abbreviation = ANY ($1::text[]) AND archived_at IS NULL
RETURNING abbreviation
