-- Whoever a published bundle does not name was in the program until the day before it begins.
UPDATE people
SET active_to = GREATEST($2::date - 1, active_from), updated_at = now()
WHERE NOT external_id = ANY ($1::text[])
  AND (active_to IS NULL OR active_to > GREATEST($2::date - 1, active_from))
RETURNING external_id
