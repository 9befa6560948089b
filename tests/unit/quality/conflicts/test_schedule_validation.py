"""What stands against publishing a schedule, said in values that may leave the application."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from residency.acgme.findings import Checks, Finding, Force, Judgement, NotJudged, Severity, Verdict
from residency.acgme.record import Basis
from residency.acgme.schedule import ScheduleJudgement
from residency.program.calendar import Period
from residency.program.vocabulary import Half
from residency.quality.schedule_validation import Kept, schedule_validation, told_conflict

NAMES = {"r1": "R-1", "r2": "R-2", "f1": "F-1"}
PERIOD = Period(date(2026, 9, 4), date(2026, 10, 2))

HOURS = Finding(
    rule="HOURS_80",
    rule_set="acgme-2017",
    force=Force.MUST,
    severity=Severity.CRITICAL,
    basis=Basis.PLANNED,
    person="r1",
    window_start="2026-09-04",
    window_end="2026-10-02",
    value=84.0,
    limit=80.0,
    unit="h/week",
    arithmetic="336 h / 4 = 84",
    pgy=2,
)
PLACE = replace(HOURS, rule="SUPERVISION", person="", place="clinic", arithmetic="0 of 1")
REST = replace(HOURS, rule="REST_8", force=Force.SHOULD, severity=Severity.MEDIUM, person="r2")
FREE = replace(HOURS, rule="FREE_DAY", severity=Severity.HIGH, person="r2", window_start="2026-09-01")


@pytest.fixture
def judged():
    """A function that wraps findings into a judgement."""

    def judgement(*findings, unjudged=(), fixed=()):
        checks = Checks({Severity.CRITICAL: 10}, {Severity.CRITICAL: 1})
        made = Judgement("acgme-2017", Basis.PLANNED, findings, {}, tuple(unjudged), (), checks)
        return ScheduleJudgement(made, frozenset(finding.key for finding in fixed))

    return judgement


def test_findings_are_told_by_name_gravest_first(judged):
    result = schedule_validation(judged(REST, FREE, PLACE, HOURS, fixed=[HOURS]), None, NAMES, period=PERIOD)
    assert [(each.rule, each.person, each.place) for each in result.findings] == [
        ("SUPERVISION", "", "clinic"),
        ("HOURS_80", "R-1", ""),
        ("FREE_DAY", "R-2", ""),
        ("REST_8", "R-2", ""),
    ]
    assert [each.fixed_only for each in result.findings] == [False, True, False, False]
    assert (result.violations, result.warnings, result.overridden, result.publishable) == (3, 1, 0, False)
    assert (result.checks, result.compliance, result.weighted) == (10, 0.9, 0.9)
    assert (result.start, result.end, result.conflicts) == (PERIOD.start, PERIOD.end, None)


def test_a_schedule_that_breaks_no_binding_rule_is_publishable(judged):
    result = schedule_validation(judged(REST), (), NAMES, period=PERIOD)
    assert (result.publishable, result.violations, result.conflicts) == (True, 0, ())
    assert result.findings[0].verdict is Verdict.WARNING


def test_an_override_counts_while_the_arithmetic_is_the_same(judged):
    def kept(arithmetic, reason):
        stored = {HOURS.key: Kept(uuid4(), arithmetic, reason)}
        return schedule_validation(judged(HOURS), None, NAMES, period=PERIOD, kept=stored)

    same = kept(HOURS.arithmetic, "agreed")
    assert (same.publishable, same.overridden, same.findings[0].overridden) == (True, 1, "agreed")
    changed = kept("another sum", "agreed")
    assert (changed.publishable, changed.findings[0].overridden) == (False, None)
    assert changed.findings[0].id is not None
    assert not kept(HOURS.arithmetic, None).publishable


def test_what_lacks_data_is_incomplete_and_what_does_not_apply_is_not(judged):
    unjudged = (
        NotJudged(
            "HOURS_80", "r1", "2026-09-04", "not enough data to judge: 10 days have neither duty nor leave"
        ),
        NotJudged("HOURS_80", "r2", "2026-09-04", "no countable day"),
    )
    result = schedule_validation(judged(unjudged=unjudged), None, NAMES, period=PERIOD)
    (told,) = result.incomplete
    assert (told.rule, told.person, told.window_start) == ("HOURS_80", "R-1", "2026-09-04")


def test_conflicts_keep_their_days_and_lose_their_persons_id(world, day):
    world = world.assigned("r1", "C", day(3)).away("r1", day(3)).all_week("f1", "WARD", day(0))
    leave, weeks = world.all_week("f1", "WARD", day(7)).found()
    told = told_conflict(leave, NAMES)
    assert (told.person, told.absence_start, told.absence_end) == ("R-1", day(3), day(3))
    assert (told.day, told.half, told.week_start) == (day(3), Half.AM, None)
    told = told_conflict(weeks, NAMES)
    assert (told.person, told.absence_start, told.day, told.week_start) == ("F-1", None, None, day(7))
    assert told.fingerprint == weeks.fingerprint
