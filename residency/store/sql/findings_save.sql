-- Takes over what one judgement found: $1 its findings, $2 its rule set and $3 basis, $4 the version that was
-- judged and $5 the draft it belongs to (empty for what stands), $6 the run and $7 its instant, $8 the first
-- judged day and $9 the day after the last, $10 what it could not judge.
-- A decision and an override stay while the arithmetic is unchanged; otherwise the finding is open again.
WITH given AS (
    SELECT given.*, people.id AS person_id
    FROM jsonb_to_recordset($1::jsonb) AS given (
        rule text, force text, severity text, person text, place text, window_start text, window_end text,
        first_day date, last_day date, value double precision, limit_value double precision, unit text,
        arithmetic text, pgy integer, leave_half_days integer, exception text, intervals jsonb,
        fixed_only boolean
    )
    LEFT JOIN people ON people.external_id = given.person
),
known AS (
    SELECT stored.*
    FROM acgme_findings AS stored
    WHERE stored.rule_set = $2::text AND stored.basis = $3::text
      AND stored.draft_id IS NOT DISTINCT FROM $5::uuid
),
told AS (
    SELECT
        given.*,
        known.id AS known_id,
        known.status AS known_status,
        known.status = 'closed' OR (
            known.decision IS NOT NULL
            AND (known.arithmetic, known.value, known.limit_value)
                IS DISTINCT FROM (given.arithmetic, given.value, given.limit_value)
        ) AS reopens
    FROM given
    LEFT JOIN known ON known.rule = given.rule AND known.force = given.force
        AND known.window_start = given.window_start AND known.place = given.place
        AND known.person_id IS NOT DISTINCT FROM given.person_id
),
saved AS (
    INSERT INTO acgme_findings AS stored (
        rule, rule_set, force, severity, basis, person_id, place, window_start, window_end, first_day,
        last_day, value, limit_value, unit, arithmetic, pgy, leave_half_days, exception, intervals,
        fixed_only, version_id, draft_id, detected_at, detected_run
    )
    SELECT
        rule, $2, force, severity, $3, person_id, place, window_start, window_end, first_day, last_day, value,
        limit_value, unit, arithmetic, pgy, leave_half_days, exception, intervals, fixed_only, $4::uuid, $5,
        $7::timestamptz, $6::uuid
    FROM given
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
        status = coalesce(
            CASE
                WHEN (stored.arithmetic, stored.value, stored.limit_value)
                    IS NOT DISTINCT FROM (excluded.arithmetic, excluded.value, excluded.limit_value)
                THEN stored.decision
            END,
            'open'
        ),
        (decision, decided_by, decided_at, justification, overridden_reason, overridden_by, overridden_at) = (
            SELECT
                stored.decision, stored.decided_by, stored.decided_at, stored.justification,
                stored.overridden_reason, stored.overridden_by, stored.overridden_at
            WHERE (stored.arithmetic, stored.value, stored.limit_value)
                IS NOT DISTINCT FROM (excluded.arithmetic, excluded.value, excluded.limit_value)
        ),
        detected_at = CASE
            WHEN stored.status = 'closed' THEN excluded.detected_at ELSE stored.detected_at
        END,
        detected_run = CASE
            WHEN stored.status = 'closed' THEN excluded.detected_run ELSE stored.detected_run
        END,
        closed_at = NULL,
        closed_run = NULL,
        updated_at = now()
    WHERE stored.status = 'closed' OR (
        stored.severity, stored.window_end, stored.value, stored.limit_value, stored.unit, stored.arithmetic,
        stored.pgy, stored.leave_half_days, stored.exception, stored.intervals, stored.fixed_only,
        stored.version_id
    ) IS DISTINCT FROM (
        excluded.severity, excluded.window_end, excluded.value, excluded.limit_value, excluded.unit,
        excluded.arithmetic, excluded.pgy, excluded.leave_half_days, excluded.exception, excluded.intervals,
        excluded.fixed_only, excluded.version_id
    )
    RETURNING stored.id
),
gone AS (
    UPDATE acgme_findings AS stored
    SET status = 'closed', closed_at = $7, closed_run = $6, updated_at = now()
    FROM known
    LEFT JOIN people ON people.id = known.person_id
    WHERE stored.id = known.id AND known.status <> 'closed'
      AND known.last_day >= $8::date AND known.last_day < $9::date
      AND NOT EXISTS (SELECT FROM told WHERE told.known_id = known.id)
      AND NOT EXISTS (
          SELECT FROM jsonb_to_recordset($10::jsonb) AS unjudged (rule text, person text, window_start text)
          WHERE unjudged.rule = known.rule AND unjudged.window_start = known.window_start
            AND unjudged.person = people.external_id
      )
    RETURNING stored.id
)
SELECT
    count(*) FILTER (WHERE known_id IS NULL) AS opened,
    count(*) FILTER (WHERE known_id IS NOT NULL AND NOT reopens) AS kept,
    count(*) FILTER (WHERE reopens) AS reopened,
    (SELECT count(*) FROM gone) AS closed
FROM told
