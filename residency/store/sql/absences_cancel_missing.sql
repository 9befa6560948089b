-- An absence that an earlier import brought and this one, covering its dates, no longer holds.
UPDATE absences
SET status = 'cancelled', updated_at = now()
FROM people
WHERE people.id = absences.person_id
  AND people.external_id = ANY ($1::text[])
  AND absences.created_by = 'import'
  AND absences.status <> 'cancelled'
  AND absences.start_date >= $2
  AND absences.end_date < $3
  AND NOT EXISTS (
    SELECT FROM jsonb_to_recordset($4::jsonb) AS given (
        person text, start_date date, start_half text, end_date date, end_half text, type text
    )
    WHERE (given.person, given.start_date, given.start_half, given.end_date, given.end_half, given.type)
        = (
            people.external_id, absences.start_date, absences.start_half, absences.end_date,
            absences.end_half, absences.type
        )
  )
