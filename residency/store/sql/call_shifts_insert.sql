INSERT INTO call_shifts (version_id, person_id, starts_at, ends_at, kind, in_house, is_holiday)
SELECT $1::uuid, people.id, given.starts_at, given.ends_at, given.kind, given.in_house,
    COALESCE(blocks.is_holiday, false)
FROM jsonb_to_recordset($2::jsonb) AS given (
    person text, starts_at timestamptz, ends_at timestamptz, kind text, in_house boolean, date date
)
JOIN people ON people.external_id = given.person
LEFT JOIN blocks ON blocks.date = given.date AND blocks.half = 'PM'
