-- The rotations of the versions $2 as rows of the draft $1. Each version speaks for its own days; what two
-- of them say alike of a rotation that passes from one to the other stays one rotation.
INSERT INTO rotations (
    version_id, person_id, service_id, start_date, end_date, academic_year, block_number
)
SELECT
    $1::uuid, person_id, service_id, min(first_day), max(last_day), academic_year, block_number
FROM (
    SELECT
        rotations.*,
        CASE
            WHEN version.start_date = min(version.start_date) OVER () THEN rotations.start_date
            ELSE greatest(rotations.start_date, version.start_date)
        END AS first_day,
        CASE
            WHEN version.end_date = max(version.end_date) OVER () THEN rotations.end_date
            ELSE least(rotations.end_date, version.end_date - 1)
        END AS last_day
    FROM rotations
    JOIN schedule_versions AS version ON version.id = rotations.version_id
    WHERE rotations.version_id = ANY ($2::uuid[])
) AS piece
WHERE first_day <= last_day
GROUP BY person_id, service_id, start_date, end_date, academic_year, block_number
