INSERT INTO hours_approvals (
    weekly_limit, service_id, min_pgy, max_pgy, valid_from, valid_to, approved_by
)
SELECT
    given."limit", services.id, given.min_pgy, given.max_pgy, given.valid_from, given.valid_to,
    given.approved_by
FROM jsonb_to_recordset($1::jsonb) AS given (
    "limit" numeric, service text, min_pgy integer, max_pgy integer, valid_from date, valid_to date,
    approved_by text
)
LEFT JOIN services ON services.abbreviation = given.service
ON CONFLICT (service_id, min_pgy, max_pgy, valid_from) DO UPDATE SET
    weekly_limit = excluded.weekly_limit,
    valid_to = excluded.valid_to,
    approved_by = excluded.approved_by,
    updated_at = now()
WHERE (hours_approvals.weekly_limit, hours_approvals.valid_to, hours_approvals.approved_by)
    IS DISTINCT FROM (excluded.weekly_limit, excluded.valid_to, excluded.approved_by)
