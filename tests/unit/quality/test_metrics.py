"""All measures at once: what goes in, under which names people come out, and what an empty schedule says."""

import json
from datetime import date

import pytest

from residency.acgme.findings import (
    Basis,
    Checks,
    Finding,
    Force,
    Judgement,
    NotJudged,
    Severity,
)
from residency.program.records import CoverageRequirement, PgyLevel
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import Half
from residency.quality.compliance import compliance
from residency.quality.metrics import compute_metrics
from residency.quality.results import ScheduleMetrics, StatusLabel
from residency.quality.rows import PreviousSchedule, VersionRows
from residency.quality.stability import ChangeDates
from residency.quality.status import worst_of

TODAY = ChangeDates(date(2026, 3, 10))


def finding(rule="HOURS_80", force=Force.MUST, person="a", place=""):
    return Finding(
        rule=rule,
        rule_set="acgme-2017",
        force=force,
        severity=Severity.CRITICAL,
        basis=Basis.PLANNED,
        person=person,
        place=place,
        window_start="2026-03-02",
        window_end="2026-03-30",
        value=81,
        limit=80,
        unit="hours a week",
        arithmetic="324 / 4 = 81",
    )


def judgement(*findings, made=10, failed=0, not_judged=()):
    checks = Checks({Severity.CRITICAL: made}, {Severity.CRITICAL: failed})
    return Judgement("acgme-2017", Basis.PLANNED, findings, {}, not_judged, (), checks)


@pytest.fixture
def two_residents(schedules):
    """Two first-years, one of whom does twice as much, over a week."""
    rows = [("a", "WARD", day, 0) for day in range(4)] + [("b", "WARD", day, 1) for day in range(2)]
    levels = (PgyLevel("a", 2025, 1), PgyLevel("b", 2025, 1))
    demand = (CoverageRequirement("WARD", Half.AM, 1, weekday=0),)
    people = [schedules.resident("a"), schedules.resident("b")]
    return schedules.build(people, rows, pgy_levels=levels, coverage=demand)


def measured(program, schedules, judged=None, previous=None, **more):
    snapshot = Snapshot.of(program, schedules.week)
    return compute_metrics(program, snapshot, judged, previous=previous, dates=TODAY, **more)


def test_every_measure_is_there_and_survives_json(two_residents, schedules):
    told = measured(two_residents, schedules, judgement())
    assert told.fairness is not None
    assert told.fairness.cohorts[0].gini == pytest.approx(1 / 6)
    assert [each.load for each in told.other_fairness] == ["night", "weekend", "holiday"]
    assert told.coverage is not None
    assert told.coverage.overall == 1
    assert told.compliance is not None
    assert told.compliance.compliance == 1
    assert told.workload is not None
    assert told.workload.mean_hours == 18
    assert not told.no_data
    assert told.warnings == ()
    again = ScheduleMetrics.model_validate(json.loads(told.model_dump_json()))
    assert again == told


def test_people_come_out_under_the_labels_given(two_residents, schedules):
    breaking = judgement(finding(), finding("SUPERVISION", person="", place="clinic"), made=4, failed=2)
    rows = VersionRows.of(two_residents, [schedules.week])
    before = PreviousSchedule(rows, frozenset())
    told = measured(two_residents, schedules, breaking, before, labels=("R-1", "R-2"))
    text = told.model_dump_json()
    assert '"a"' not in text
    assert '"b"' not in text
    assert told.stability is not None
    assert [(key[0], key[2], key[3]) for key in told.stability.new_violations] == [
        ("HOURS_80", "R-1", ""),
        ("SUPERVISION", "", "clinic"),
    ]
    assert told.fairness is not None
    assert told.fairness.cohorts[0].worst_off == "R-1"


def test_the_rows_given_carry_causes_and_extents(two_residents, schedules):
    own = VersionRows.of(two_residents, [schedules.week])
    assert len(own) == 6
    first_day = type(schedules.week)(schedules.week.start, schedules.week.start)
    nothing_shared = VersionRows.of(two_residents, [first_day])
    before = PreviousSchedule(own, frozenset())
    told = measured(two_residents, schedules, None, before, current=nothing_shared)
    assert told.stability is not None
    assert told.stability.compared_days == 0


def test_an_empty_schedule_has_no_measure(schedules):
    program = schedules.build([schedules.resident("a")], [])
    told = measured(program, schedules, judgement())
    assert told.no_data
    nothing = (told.fairness, told.coverage, told.compliance, told.workload, told.stability)
    assert nothing == (None,) * 5
    assert (told.other_fairness, told.people) == ((), ())
    assert "no schedule" in told.warnings[0]


def test_what_could_not_be_known_is_said(schedules):
    people = [schedules.resident(f"r{number}") for number in range(7)]
    program = schedules.build(people, [("r0", "WARD", 0, 0)])
    told = measured(program, schedules)
    assert told.compliance is None
    years, judged = told.warnings
    assert "r0, r1, r2, r3, r4 and 2 more" in years
    assert "not judged" in judged
    gap = NotJudged("HOURS_80", "r0", "2026-03-02", "nothing is known of 20 days")
    few = schedules.build(people[:2], [("r0", "WARD", 0, 0)])
    assert measured(few, schedules, judgement(not_judged=(gap,))).warnings == (
        "no post-graduate year is known of r0, r1; they are taken for PGY-2",
        "1 averaging window could not be judged for want of data",
    )
    two = measured(few, schedules, judgement(not_judged=(gap, gap))).warnings
    assert two[1] == "2 averaging windows could not be judged for want of data"


def test_people_without_availability_are_listed_apart_and_shown(schedules):
    people = [schedules.resident("a"), schedules.resident("b", fte=0.0)]
    told = measured(schedules.build(people, [("a", "WARD", 0, 0)]), schedules)
    assert told.without_availability == ("b",)
    assert [each.person for each in told.people] == ["a", "b"]


@pytest.mark.parametrize(
    ("judged", "status", "share"),
    [
        (judgement(made=0), StatusLabel.NO_DATA, None),
        (judgement(finding(force=Force.SHOULD), made=10, failed=1), StatusLabel.GOOD, 0.9),
        (judgement(finding(), made=10, failed=1), StatusLabel.WARNING, 0.9),
        (judgement(finding(), made=10, failed=2), StatusLabel.CRITICAL, 0.8),
    ],
)
def test_compliance_is_good_without_violation_and_bad_below_90_percent(judged, status, share):
    told = compliance(judged)
    assert (told.status, told.compliance) == (status, share)
    assert told.checks == sum(judged.checks.made.values())
    assert told.violations + told.warnings == len(judged.findings)


def test_the_worst_measure_decides_unless_it_has_no_data():
    good, warning, critical, nothing = StatusLabel
    assert worst_of([good, nothing, warning]) is warning
    assert worst_of([critical, warning]) is critical
    assert worst_of([nothing]) is nothing
    assert worst_of([]) is nothing
