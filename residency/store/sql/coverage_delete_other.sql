-- What held from the bundle's beginning on and is not in it.
DELETE FROM coverage_requirements AS former
USING services
WHERE services.id = former.service_id
  AND services.abbreviation = ANY ($1::text[])
  AND COALESCE(former.date, former.valid_from) >= $2
  AND NOT EXISTS (
    SELECT FROM jsonb_to_recordset($3::jsonb) AS given (
        service text, weekday integer, date date, half text, role text, minimum integer, maximum integer,
        valid_from date, valid_to date
    )
    WHERE given.service = services.abbreviation
      AND given.half = former.half
      AND given.role = former.role
      AND given.valid_from = former.valid_from
      AND (given.weekday, given.date, given.minimum, given.maximum, given.valid_to)
        IS NOT DISTINCT FROM (
            former.weekday, former.date, former.minimum, former.maximum, former.valid_to
        )
  )
