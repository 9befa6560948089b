-- An interval that was entered in the application is already known and stays as it was entered.
INSERT INTO duty_logs (
    person_id, starts_at, ends_at, activity_class, setting, call_kind, moonlighting, new_patient,
    voluntary_stay, reason, source, entered_by
)
SELECT
    people.id, given.starts_at, given.ends_at, given.activity_class, given.setting, given.call_kind,
    given.moonlighting, given.new_patient, given.voluntary_stay, given.reason, 'import', $2::text
FROM jsonb_to_recordset($1::jsonb) AS given (
    person text, starts_at timestamptz, ends_at timestamptz, activity_class text, setting text,
    call_kind text, moonlighting text, new_patient boolean, voluntary_stay boolean, reason text
)
JOIN people ON people.external_id = given.person
WHERE NOT EXISTS (
    SELECT FROM duty_logs AS entered
    WHERE entered.person_id = people.id
      AND entered.starts_at = given.starts_at
      AND entered.ends_at = given.ends_at
      AND entered.activity_class = given.activity_class
      AND entered.source <> 'import'
)
ON CONFLICT ON CONSTRAINT uq_duty_logs_natural DO UPDATE SET
    setting = excluded.setting,
    call_kind = excluded.call_kind,
    moonlighting = excluded.moonlighting,
    new_patient = excluded.new_patient,
    voluntary_stay = excluded.voluntary_stay,
    reason = excluded.reason,
    edited_at = now(),
    updated_at = now()
WHERE (
    duty_logs.setting, duty_logs.call_kind, duty_logs.moonlighting, duty_logs.new_patient,
    duty_logs.voluntary_stay, duty_logs.reason
) IS DISTINCT FROM (
    excluded.setting, excluded.call_kind, excluded.moonlighting, excluded.new_patient,
    excluded.voluntary_stay, excluded.reason
)
