-- The call of the versions $2 as rows of the draft $1; the shifts of the people $3 that begin at $4 and end
-- at $5 go to the people $6.
INSERT INTO call_shifts (version_id, person_id, starts_at, ends_at, kind, in_house, service_id, is_holiday)
SELECT DISTINCT
    $1::uuid, coalesce(moved.taker, shift.person_id), shift.starts_at, shift.ends_at, shift.kind,
    shift.in_house, shift.service_id, shift.is_holiday
FROM call_shifts AS shift
LEFT JOIN unnest($3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::uuid[])
    AS moved (holder, starts_at, ends_at, taker)
    ON moved.holder = shift.person_id AND moved.starts_at = shift.starts_at AND moved.ends_at = shift.ends_at
WHERE shift.version_id = ANY ($2::uuid[])
