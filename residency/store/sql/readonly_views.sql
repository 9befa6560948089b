-- What MCP and dashboards see: every column of the tables under its own name, so that a query written for a
-- table runs on the view. People appear under their pseudonyms; what names, describes or reaches a person
-- and what somebody typed freely is empty.
CREATE SCHEMA readonly;

CREATE VIEW readonly.alembic_version AS SELECT version_num FROM public.alembic_version;

CREATE VIEW readonly.people AS
SELECT
    id, created_at, updated_at, pseudonym AS external_id, pseudonym AS name, type, NULL::text AS email, fte,
    active_from, active_to, specialties, credentials, performs_procedures, faculty_role, primary_duty,
    admin_type, target_clinical_blocks, learner_type, ms_year, screener_role, pseudonym, archived_at
FROM public.people;

CREATE VIEW readonly.person_academic_years AS
SELECT
    id, created_at, updated_at, person_id, academic_year, pgy_level, is_graduated, clinic_min, clinic_max,
    sunday_call_count, weekday_call_count, fmit_weeks_count, away_days
FROM public.person_academic_years;

CREATE VIEW readonly.users AS
SELECT
    id, created_at, updated_at, id::text AS username, NULL::text AS email, NULL::text AS password_hash, role,
    person_id, is_active, last_login_at
FROM public.users;

CREATE VIEW readonly.blocks AS
SELECT
    id, created_at, date, half, academic_year, block_number, is_weekend, is_holiday, holiday_name,
    actual_date, day_type, intent
FROM public.blocks;

CREATE VIEW readonly.services AS
SELECT
    id, created_at, updated_at, name, abbreviation, kind, load_category, hours_am, hours_pm, start_am,
    start_pm, night_hours, counts_as_duty, needs_supervision, supervision_units_pgy1,
    supervision_units_other, procedure_units, required_type, required_role, required_specialty,
    required_credential, min_pgy, max_people, leave_eligible, offsite, inpatient, includes_weekend,
    half_block, first_component, second_component, clinic_location, archived_at, NULL::text AS archived_by
FROM public.services;

CREATE VIEW readonly.coverage_requirements AS
SELECT
    id, created_at, updated_at, service_id, weekday, date, half, role, minimum, maximum, valid_from, valid_to
FROM public.coverage_requirements;

CREATE VIEW readonly.schedule_versions AS
SELECT
    id, created_at, updated_at, academic_year, start_date, end_date, algorithm, run_status, publication,
    parent_version_id, published_at, NULL::text AS published_by, assignments_count, violations_count,
    overrides_count, runtime_seconds, config, input_hash
FROM public.schedule_versions;

CREATE VIEW readonly.assignments AS
SELECT
    id, created_at, updated_at, version_id, block_id, person_id, service_id, role, source, locked, cause_id,
    NULL::text AS override_reason, override_ack_at, NULL::text AS override_by, NULL::text AS notes,
    confidence, NULL::jsonb AS explain, NULL::text AS created_by
FROM public.assignments;

CREATE VIEW readonly.call_shifts AS
SELECT
    id, created_at, version_id, person_id, starts_at, ends_at, kind, in_house, service_id, is_holiday
FROM public.call_shifts;

CREATE VIEW readonly.rotations AS
SELECT
    id, created_at, updated_at, person_id, service_id, start_date, end_date, academic_year, block_number,
    version_id
FROM public.rotations;

-- The type stays: how long somebody recovers and how grave a conflict is follow from it.
CREATE VIEW readonly.absences AS
SELECT
    id, created_at, updated_at, person_id, start_date, end_date, start_half, end_half, type, status,
    is_blocking, away_from_program, return_tentative, NULL::text AS replacement_activity,
    NULL::text AS reviewed_by, reviewed_at, NULL::text AS created_by
FROM public.absences;

CREATE VIEW readonly.duty_logs AS
SELECT
    id, created_at, updated_at, person_id, starts_at, ends_at, activity_class, setting, call_kind,
    moonlighting, new_patient, voluntary_stay, NULL::text AS reason, source, NULL::text AS entered_by,
    edited_at
FROM public.duty_logs;

CREATE VIEW readonly.hours_approvals AS
SELECT
    id, created_at, updated_at, weekly_limit, service_id, min_pgy, max_pgy, valid_from, valid_to,
    NULL::text AS approved_by
FROM public.hours_approvals;

CREATE VIEW readonly.acgme_findings AS
SELECT
    id, created_at, updated_at, rule, rule_set, force, severity, basis, person_id, place, window_start,
    window_end, first_day, last_day, value, limit_value, unit, arithmetic, pgy, leave_half_days,
    NULL::text AS exception, intervals, fixed_only, version_id, draft_id, status, detected_at, detected_run,
    decision, NULL::text AS decided_by, decided_at, NULL::text AS justification, NULL::text AS cause,
    NULL::text AS overridden_reason, NULL::text AS overridden_by, overridden_at, closed_at, closed_run
FROM public.acgme_findings;

CREATE VIEW readonly.metrics_snapshots AS
SELECT
    id, created_at, kind, bucket_start, taken_at, period_start, period_end, version_id, rule_set, fairness,
    coverage, compliance, compliance_weighted, stability_grade, churn, ripple, n1_score, summary, input_hash,
    run_id
FROM public.metrics_snapshots;

CREATE VIEW readonly.conflict_alerts AS
SELECT
    id, created_at, updated_at, person_id, type, severity, week_start, slot, absence_id, swap_id, fingerprint,
    description, details, status, acknowledged_at, NULL::text AS acknowledged_by, resolved_at,
    NULL::text AS resolved_by, NULL::text AS resolution, run_id
FROM public.conflict_alerts;

CREATE VIEW readonly.compliance_reports AS
SELECT
    id, created_at, kind, period_start, period_end, rule_sets, body, files, NULL::text[] AS sent_to, revision,
    made_at, input_hash, run_id, superseded_by
FROM public.compliance_reports;

CREATE VIEW readonly.archived_files AS
SELECT id, created_at, report_id, format, sha256, bytes, location, made_at FROM public.archived_files;

CREATE VIEW readonly.health_checks AS
SELECT
    id, created_at, at, slot, horizon_days, input_hash, status, utilization, utilization_level, per_service,
    coverage, buffer, defense_level, load_shedding_level, n1_pass, n2_pass, phase_risk, active_fallbacks,
    crisis_mode, immediate_actions, watch_items, details, run_id
FROM public.health_checks;

CREATE VIEW readonly.vulnerability_reports AS
SELECT
    id, created_at, at, period_start, period_end, version_id, standing, n1_pass, n2_pass, base_shortfall, n1,
    n2, joint_only_pairs, phase, recommendations, report, input_hash, run_id, superseded_by
FROM public.vulnerability_reports;

CREATE VIEW readonly.fallback_schedules AS
SELECT
    id, created_at, updated_at, scenario, subject, parameters, revision, period_start, period_end,
    valid_from, valid_until, input_hash, assignments, call_moves, coverage, changes, unfilled_slots,
    unfilled, violations, services_reduced, assumptions, layer, gap, status, computed_at, stale_since,
    run_id
FROM public.fallback_schedules;

CREATE VIEW readonly.fallback_activations AS
SELECT
    id, created_at, updated_at, fallback_id, crisis_id, activated_at, NULL::text AS activated_by,
    NULL::text AS reason, version_id, coverage, deactivated_at, NULL::text AS deactivated_by,
    NULL::text AS deactivation_reason
FROM public.fallback_activations;

CREATE VIEW readonly.crisis_requests AS
SELECT
    id, created_at, updated_at, level, severity_word, NULL::text AS reason, NULL::text AS requested_by,
    fallback_id, NULL::text AS idempotency_key, requested_at, expires_at, status,
    NULL::text AS decided_by, decided_at, NULL::text AS decision_reason, crisis_id, details, run_id
FROM public.crisis_requests;

CREATE VIEW readonly.crisis_activations AS
SELECT
    id, created_at, updated_at, level, severity_word, shedding_level, NULL::text AS reason,
    NULL::text AS approved_by, NULL::text AS idempotency_key, started_at, ended_at,
    NULL::text AS ended_by, NULL::text AS end_reason, recovery_plan, run_id
FROM public.crisis_activations;

CREATE VIEW readonly.load_shedding_decisions AS
SELECT
    id, created_at, updated_at, crisis_id, from_level, to_level, NULL::text AS reason, suspended,
    protected, NULL::text AS approved_by, method, utilization, coverage, at, recovered_at, run_id
FROM public.load_shedding_decisions;

CREATE VIEW readonly.resilience_events AS
SELECT
    id, created_at, at, type, severity, NULL::text AS reason, NULL::text AS actor, previous, next,
    metadata, crisis_id, run_id
FROM public.resilience_events;

CREATE VIEW readonly.utilization_forecasts AS
SELECT
    id, created_at, at, period_start, period_end, days, high_risk_days, anticipated_scenario,
    recommendations, details, input_hash, run_id
FROM public.utilization_forecasts;

CREATE VIEW readonly.resilience_alerts AS
SELECT
    id, created_at, updated_at, level, category, message, details, NULL::text AS raised_by, status,
    occurrences, raised_at, joins_until, last_raised_at, NULL::text AS acknowledged_by, acknowledged_at,
    escalated_from, next_escalation_at
FROM public.resilience_alerts;

CREATE VIEW readonly.notifications AS
SELECT
    id, created_at, recipient_id, type, NULL::text AS subject, NULL::text AS body, NULL::jsonb AS data,
    priority, dedup_key, is_read, read_at
FROM public.notifications;

CREATE VIEW readonly.outbox AS
SELECT
    id, created_at, topic, NULL::jsonb AS payload, dedup_key, available_at, claimed_until, done_at
FROM public.outbox;

CREATE VIEW readonly.deliveries AS
SELECT
    id, created_at, notification_id, channel, NULL::text AS target_hash, idempotency_key, attempt, status,
    response_code, NULL::text AS message_id, NULL::text AS error, at
FROM public.deliveries;

CREATE VIEW readonly.task_runs AS
SELECT
    id, created_at, updated_at, run_id, task, queue, scheduled_for, started_at, ended_at, attempt, state,
    params, result, error_class, error, parent_run_id, cause, NULL::text AS idempotency_key, lateness_seconds
FROM public.task_runs;

-- Of a change, which columns it touched; the row's id where it is one of ours. Hashes over few unknown
-- values could be guessed backwards, so only the head of the chain is shown.
CREATE VIEW readonly.audit_log AS
SELECT
    seq, at, NULL::text AS actor, actor_kind, database_role, NULL::text AS remote_addr, origin, action,
    entity_type, CASE WHEN origin = 'trigger' THEN entity_id END AS entity_id, NULL::jsonb AS before,
    (
        SELECT jsonb_agg(name ORDER BY name)
        FROM (
            SELECT name FROM jsonb_object_keys(coalesce(before, '{}') || coalesce(after, '{}')) AS name
            WHERE before -> name IS DISTINCT FROM after -> name
        ) AS changed
        WHERE origin = 'trigger'
    ) AS after,
    NULL::text AS reason, run_id, NULL::bytea AS prev_hash, NULL::bytea AS hash
FROM public.audit_log;

CREATE VIEW readonly.audit_head AS SELECT chain, seq, hash FROM public.audit_head;

GRANT USAGE ON SCHEMA readonly TO residency_readonly;
GRANT SELECT ON ALL TABLES IN SCHEMA readonly TO residency_readonly;
