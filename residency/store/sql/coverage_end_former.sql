-- What held before the bundle begins stays, and ends on the day before it.
UPDATE coverage_requirements AS former
SET valid_to = $2::date - 1, updated_at = now()
FROM services
WHERE services.id = former.service_id
  AND services.abbreviation = ANY ($1::text[])
  AND former.weekday IS NOT NULL
  AND former.valid_from < $2
  AND (former.valid_to IS NULL OR former.valid_to >= $2)
