-- The findings of the draft $1 that hold become findings that stand, in the same words. Of two decisions on the
-- same arithmetic the one on the finding that stood already is kept; an override is always the draft's.
INSERT INTO acgme_findings AS stored (
    rule, rule_set, force, severity, basis, person_id, place, window_start, window_end, first_day, last_day,
    value, limit_value, unit, arithmetic, pgy, leave_half_days, exception, intervals, fixed_only, version_id,
    status, detected_at, detected_run, decision, decided_by, decided_at, justification, overridden_reason,
    overridden_by, overridden_at
)
SELECT
    rule, rule_set, force, severity, basis, person_id, place, window_start, window_end, first_day, last_day,
    value, limit_value, unit, arithmetic, pgy, leave_half_days, exception, intervals, fixed_only, $1::uuid,
    status, detected_at, detected_run, decision, decided_by, decided_at, justification, overridden_reason,
    overridden_by, overridden_at
FROM acgme_findings AS drafted
WHERE drafted.draft_id = $1 AND drafted.status <> 'closed'
ON CONFLICT (rule, force, person_id, place, window_start, basis, rule_set, draft_id) DO UPDATE SET
    severity = excluded.severity,
    window_end = excluded.window_end,
    first_day = excluded.first_day,
    last_day = excluded.last_day,
    value = excluded.value,
    limit_value = excluded.limit_value,
    unit = excluded.unit,
    arithmetic = excluded.arithmetic,
    pgy = excluded.pgy,
    leave_half_days = excluded.leave_half_days,
    exception = excluded.exception,
    intervals = excluded.intervals,
    fixed_only = excluded.fixed_only,
    version_id = excluded.version_id,
    (status, decision, decided_by, decided_at, justification) = (
        SELECT
            coalesce(kept.decision, 'open'), kept.decision, kept.decided_by, kept.decided_at,
            kept.justification
        FROM (
            VALUES
                (
                    1, stored.decision, stored.decided_by, stored.decided_at, stored.justification,
                    stored.decision IS NOT NULL
                    AND (stored.arithmetic, stored.value, stored.limit_value)
                        IS NOT DISTINCT FROM (excluded.arithmetic, excluded.value, excluded.limit_value)
                ),
                (
                    2, excluded.decision, excluded.decided_by, excluded.decided_at, excluded.justification,
                    true
                )
        ) AS kept (rank, decision, decided_by, decided_at, justification, holds)
        WHERE kept.holds
        ORDER BY kept.rank
        LIMIT 1
    ),
    overridden_reason = excluded.overridden_reason,
    overridden_by = excluded.overridden_by,
    overridden_at = excluded.overridden_at,
    closed_at = NULL,
    closed_run = NULL,
    updated_at = now()
RETURNING stored.id
