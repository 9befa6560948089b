INSERT INTO services (
    abbreviation, name, kind, load_category, hours_am, hours_pm, start_am, start_pm, night_hours,
    counts_as_duty, required_type, required_role, required_specialty, required_credential, min_pgy, needs_supervision,
    supervision_units_pgy1, supervision_units_other, procedure_units, leave_eligible, inpatient, offsite,
    clinic_location
)
SELECT
    abbreviation, name, kind, load_category, hours_am, hours_pm, start_am, start_pm, night_hours,
    counts_as_duty, required_type, required_role, required_specialty, required_credential, min_pgy, needs_supervision,
    supervision_units_pgy1, supervision_units_other, procedure_units, leave_eligible, inpatient, offsite,
    clinic_location
FROM jsonb_to_recordset($1::jsonb) AS given (
    abbreviation text, name text, kind text, load_category integer, hours_am numeric, hours_pm numeric,
    start_am time, start_pm time, night_hours numeric,
    counts_as_duty boolean, required_type text, required_role text,
    required_specialty text, required_credential text, min_pgy integer, needs_supervision boolean,
    supervision_units_pgy1 integer, supervision_units_other integer, procedure_units integer,
    leave_eligible boolean, inpatient boolean, offsite boolean, clinic_location text
)
ON CONFLICT (abbreviation) DO UPDATE SET
    name = excluded.name,
    kind = excluded.kind,
    load_category = excluded.load_category,
    hours_am = excluded.hours_am,
    hours_pm = excluded.hours_pm,
    start_am = excluded.start_am,
    start_pm = excluded.start_pm,
    night_hours = excluded.night_hours,
    counts_as_duty = excluded.counts_as_duty,
    required_type = excluded.required_type,
    required_role = excluded.required_role,
    required_specialty = excluded.required_specialty,
    required_credential = excluded.required_credential,
    min_pgy = excluded.min_pgy,
    needs_supervision = excluded.needs_supervision,
    supervision_units_pgy1 = excluded.supervision_units_pgy1,
    supervision_units_other = excluded.supervision_units_other,
    procedure_units = excluded.procedure_units,
    leave_eligible = excluded.leave_eligible,
    inpatient = excluded.inpatient,
    offsite = excluded.offsite,
    clinic_location = excluded.clinic_location,
    archived_at = NULL,
    archived_by = NULL,
    updated_at = now()
WHERE services.archived_at IS NOT NULL OR (
    services.name, services.kind, services.load_category, services.hours_am, services.hours_pm,
    services.start_am, services.start_pm, services.night_hours, services.counts_as_duty,
    services.required_type, services.required_role, services.required_specialty, services.required_credential, services.min_pgy,
    services.needs_supervision, services.supervision_units_pgy1, services.supervision_units_other,
    services.procedure_units, services.leave_eligible, services.inpatient, services.offsite,
    services.clinic_location
) IS DISTINCT FROM (
    excluded.name, excluded.kind, excluded.load_category, excluded.hours_am, excluded.hours_pm,
    excluded.start_am, excluded.start_pm, excluded.night_hours, excluded.counts_as_duty,
    excluded.required_type, excluded.required_role, excluded.required_specialty, excluded.required_credential, excluded.min_pgy,
    excluded.needs_supervision, excluded.supervision_units_pgy1, excluded.supervision_units_other,
    excluded.procedure_units, excluded.leave_eligible, excluded.inpatient, excluded.offsite,
    excluded.clinic_location
)
