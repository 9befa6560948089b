-- Deletes at most $3 snapshots of before $1, but never the first daily one of a month in the time zone $2, and
-- tells how many of each kind and of which versions, by the status of their run.
WITH firsts AS (
    SELECT DISTINCT ON (date_trunc('month', bucket_start AT TIME ZONE $2::text)) id
    FROM metrics_snapshots
    WHERE kind = 'daily'
    ORDER BY date_trunc('month', bucket_start AT TIME ZONE $2::text), bucket_start
),
doomed AS (
    SELECT snapshot.id
    FROM metrics_snapshots AS snapshot
    WHERE snapshot.bucket_start < $1::timestamptz
      AND NOT EXISTS (SELECT FROM firsts WHERE firsts.id = snapshot.id)
    ORDER BY snapshot.bucket_start
    LIMIT $3::bigint
),
deleted AS (
    DELETE FROM metrics_snapshots AS snapshot
    USING doomed
    WHERE snapshot.id = doomed.id
    RETURNING snapshot.kind, snapshot.version_id
)
SELECT deleted.kind, coalesce(version.run_status, 'none') AS run_status, count(*) AS snapshots
FROM deleted
LEFT JOIN schedule_versions AS version ON version.id = deleted.version_id
GROUP BY 1, 2
ORDER BY 1, 2
