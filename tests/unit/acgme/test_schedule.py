"""A program judged as a whole: planned and logged apart, supervision, and what locked rows alone cause."""

from datetime import UTC, date, datetime, timedelta

import numpy as np

from residency.acgme.findings import SUPERVISION, Severity, Verdict
from residency.acgme.record import Basis
from residency.acgme.rules import rule_set
from residency.acgme.schedule import duty_record, judge_schedule
from residency.program.calendar import Period
from residency.program.records import (
    ROLE_CODES,
    Absence,
    Assignments,
    CallShift,
    DutyLog,
    Person,
    PgyLevel,
    Program,
    Service,
)
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceType, CallKind, CoverageRole, PersonType, ServiceKind

RULES = rule_set()
START = date(2026, 8, 27)
"""A Thursday on which an academic block begins."""
PERIOD = Period(START, START + timedelta(days=28))
PEOPLE = (
    Person("R1", "R1", PersonType.RESIDENT),
    Person("R2", "R2", PersonType.RESIDENT),
    Person("F1", "F1", PersonType.FACULTY),
)
SERVICES = (
    Service("CL", "Clinic", ServiceKind.OUTPATIENT, hours_am=4, needs_supervision=True),
    Service("ICU", "Intensive care", ServiceKind.INPATIENT, hours_am=6, hours_pm=8, inpatient=True),
    Service("AT", "Supervising", ServiceKind.OUTPATIENT, required_type=PersonType.FACULTY),
)
LEVELS = (PgyLevel("R1", 2026, 1), PgyLevel("R2", 2026, 3))


def program(*rows, **more):
    """Rows of person, service, day offset, half, locked."""
    roles = [CoverageRole.SUPERVISING if row[1] == 2 else CoverageRole.PRIMARY for row in rows]
    assignments = Assignments(
        person=np.array([row[0] for row in rows], np.int32),
        service=np.array([row[1] for row in rows], np.int32),
        day=np.array([START + timedelta(days=row[2]) for row in rows], "datetime64[D]"),
        half=np.array([row[3] for row in rows], np.int8),
        role=np.array([ROLE_CODES[role] for role in roles], np.int8),
        source=np.zeros(len(rows), np.int8),
        locked=np.array([row[4] for row in rows], np.bool_),
    )
    return Program(
        "UTC", people=PEOPLE, services=SERVICES, assignments=assignments, pgy_levels=LEVELS, **more
    )


def every_day(person, service, days, locked=True):
    return [(person, service, day, half, locked) for day in days for half in (0, 1)]


def judged(held, basis=Basis.PLANNED, covered=(PERIOD,), snapshot=False):
    picture = Snapshot.of(held, PERIOD) if snapshot else None
    return judge_schedule(held, picture, PERIOD, basis, RULES, covered)


def broken(found):
    return {(finding.rule, finding.person) for finding in found.judgement.violations}


def test_a_month_without_a_free_day_breaks_both_averages_and_locked_rows_alone_cause_it():
    found = judged(program(*every_day(0, 1, range(28))))
    assert broken(found) == {("HOURS_80", "R1"), ("FREE_DAY", "R1")}
    assert {finding.key for finding in found.judgement.violations} <= found.fixed_only
    assert {finding.pgy for finding in found.judgement.violations} == {1}


def test_what_movable_rows_cause_is_not_fixed():
    found = judged(program(*every_day(0, 1, range(28), locked=False)))
    assert broken(found) == {("HOURS_80", "R1"), ("FREE_DAY", "R1")}
    assert found.fixed_only == frozenset()


def test_the_break_at_noon_is_neither_rest_nor_work():
    found = judged(program(*every_day(0, 0, range(5))))
    assert found.judgement.by_rule["REST_8"].checked == 4
    assert found.judgement.people[0].max_week_hours == 4 * 10
    assert found.judgement.people[0].min_gap_hours == 12


def on_call(start_hour, hours):
    begin = datetime(START.year, START.month, START.day, start_hour, tzinfo=UTC)
    return CallShift("R1", begin, begin + timedelta(hours=hours), CallKind.OVERNIGHT, in_house=True)


def test_the_hours_after_a_night_are_rest_and_no_break():
    found = judged(program((0, 1, 1, 0, True), call_shifts=(on_call(19, 9),)))
    (short,) = [finding for finding in found.judgement.findings if finding.rule == "REST_8"]
    assert (short.person, short.value) == ("R1", 3)


def test_the_hours_between_a_clinic_and_the_night_on_call_are_a_break():
    found = judged(program(*every_day(0, 0, [0]), (0, 1, 1, 0, True), call_shifts=(on_call(21, 10),)))
    assert found.judgement.people[0].max_week_hours == 10 + 10 + 6
    assert {finding.rule for finding in found.judgement.findings} == {"CONTINUOUS_24_4"}


def test_days_that_a_schedule_covers_are_known_to_be_free_and_others_are_not():
    some = program(*every_day(0, 1, range(5)))
    assert {each.person for each in judged(some).judgement.not_applicable} == set()
    uncovered = judged(some, covered=()).judgement.not_applicable
    assert {(each.rule, each.person) for each in uncovered} == {
        (rule, person) for rule in ("HOURS_80", "FREE_DAY") for person in ("R1", "R2")
    }


def test_planned_and_logged_hours_are_never_mixed():
    first = datetime(2026, 8, 27, 7, tzinfo=UTC)
    logs = tuple(
        DutyLog("R2", first + timedelta(days=day), first + timedelta(days=day, hours=15)) for day in range(26)
    )
    held = program(*every_day(0, 1, range(28)), duty_logs=logs)
    logged = judged(held, Basis.LOGGED)
    assert broken(logged) == {("HOURS_80", "R2"), ("FREE_DAY", "R2")}
    assert {finding.basis for finding in logged.judgement.findings} == {Basis.LOGGED}
    assert logged.fixed_only == frozenset()
    assert duty_record(held, PERIOD, Basis.LOGGED, RULES, covered=(PERIOD,)).known == ()


def test_leave_shrinks_the_divisor_and_recovery_follows_a_deployment():
    absences = (
        Absence("R1", START, START + timedelta(days=6), AbsenceType.DEPLOYMENT),
        Absence("F1", START, START, AbsenceType.DEPLOYMENT),
    )
    record = duty_record(program(absences=absences), PERIOD, Basis.PLANNED, RULES)
    assert (record.leave.last - record.leave.first).tolist() == [14]
    assert record.recovery == ((0, START + timedelta(days=7), START + timedelta(days=14)),)


def test_too_few_supervisors_in_a_half_day_are_a_critical_violation_of_the_place():
    rows = [(0, 0, 0, 0, True), (1, 0, 0, 0, True), (0, 0, 0, 1, True), (2, 2, 0, 0, True)]
    found = judged(program(*rows), snapshot=True)
    (short,) = [finding for finding in found.judgement.findings if finding.rule == SUPERVISION]
    assert (short.value, short.limit, short.unit, short.place, short.person) == (
        0,
        1,
        "faculty",
        "clinic",
        "",
    )
    assert (short.verdict, short.severity) == (Verdict.VIOLATION, Severity.CRITICAL)
    assert (short.window_start, short.window_end) == (
        "2026-08-27T13:00:00+00:00",
        "2026-08-27T19:00:00+00:00",
    )
    assert short.arithmetic.startswith("2 units / 4 = 0.5, rounded up 1 supervising faculty; 0 assigned")
    tally = found.judgement.by_rule[SUPERVISION]
    assert (tally.checked, tally.violations) == (2, 1)


def test_supervision_counts_among_the_checks():
    rows = [(0, 0, 0, 0, True), (0, 0, 0, 1, True)]
    without, with_it = judged(program(*rows)), judged(program(*rows), snapshot=True)
    made = with_it.judgement.checks.made[Severity.CRITICAL] - without.judgement.checks.made[Severity.CRITICAL]
    failed = (
        with_it.judgement.checks.failed[Severity.CRITICAL]
        - without.judgement.checks.failed[Severity.CRITICAL]
    )
    assert (made, failed) == (2, 2)
    assert with_it.judgement.checks.compliance == 1 - 2 / sum(with_it.judgement.checks.made.values())


def test_a_schedule_without_findings_has_nothing_fixed():
    found = judged(program())
    assert (found.judgement.findings, found.fixed_only) == ((), frozenset())
