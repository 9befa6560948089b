"""Measures, trends and diffs to show, made without a schedule."""

from datetime import date, timedelta
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from residency.program.vocabulary import CoverageRole, Half
from residency.quality.change_results import (
    Assessment,
    HalfDayChange,
    PersonChange,
    RebalancingMove,
    VersionDiff,
)
from residency.quality.diff import same_version
from residency.quality.fairness import fairness
from residency.quality.results import (
    Compliance,
    Coverage,
    PersonLoad,
    ScheduleMetrics,
    ServiceCoverage,
    SlotCoverage,
    Stability,
    StatusLabel,
    WorkloadSummary,
)
from residency.quality.trend import DayFairness, fairness_trend, weekly_fairness

START = date(2026, 3, 2)
HOSTILE = "<b>|`x`|](javascript:alert(1)) & \u202eevil\x00"
KEY = ("HOURS_80", "must", "R-1", "", "2026-03-02", "planned")


def person(name, cohort, hours, *, fte=1.0, available=1.0):
    return PersonLoad(
        person=name,
        cohort=cohort,
        fte=fte,
        available=available,
        hours=hours,
        night_hours=0.0,
        weekend_hours=hours / 10,
        holiday_hours=0.0,
        blocks=10,
        points=5.0,
        target_hours=60.0,
        percent_of_target=100 * hours / 60,
    )


def shared(people, load="hours"):
    present = [each for each in people if each.fte * each.available]
    loads = [each.hours if load == "hours" else getattr(each, f"{load}_hours") for each in present]
    weights = [each.fte * each.available for each in present]
    return fairness(
        load,
        [each.person for each in present],
        [each.cohort for each in present],
        np.array(loads) / np.array(weights) if present else np.zeros(0),
        empty=[each.cohort for each in people],
    )


def steady(**changes):
    values = {
        "compared_days": 90,
        "added": 3,
        "removed": 1,
        "modified": 6,
        "churn": 0.05,
        "ripple": 0.5,
        "n1_score": 0.2,
        "new_violations": (),
        "major_change_on": None,
        "days_since_major_change": None,
        "stable": True,
        "score": 91.5,
        "grade": "A",
        "status": StatusLabel.GOOD,
    }
    return Stability.model_validate(values | changes)


def covered(filled, required, name="Clinic"):
    return ServiceCoverage(
        service=name[:10],
        name=name,
        required=required,
        filled=filled,
        coverage=filled / required if required else None,
        status=StatusLabel.GOOD,
    )


def coverage_of(*services):
    required, filled = sum(s.required for s in services), sum(s.filled for s in services)
    slot = SlotCoverage(
        weekday=0, half=Half.AM, role=CoverageRole.PRIMARY, required=4, filled=3, coverage=0.75
    )
    return Coverage(
        required=required,
        filled=filled,
        overall=filled / required if required else None,
        status=StatusLabel.GOOD,
        by_service=services,
        by_slot=(slot,),
    )


def compliance_of(checks, failed, violations=None):
    return Compliance(
        rule_set="acgme-2017",
        checks=checks,
        failed=failed,
        violations=failed if violations is None else violations,
        warnings=2,
        compliance=1 - failed / checks if checks else None,
        weighted=1 - failed / checks if checks else None,
        status=StatusLabel.WARNING if failed else StatusLabel.GOOD,
    )


PEOPLE = (
    person("R-1", "PGY-1", 60.0),
    person("R-2", "PGY-1", 30.0),
    person("R-3", "PGY-2", 40.0),
    person("R-4", "PGY-2", 10.0, available=0.0),
)


def metrics(people=PEOPLE, **changes):
    values = {
        "period_start": START,
        "period_end": START + timedelta(days=90),
        "input_hash": "0123456789abcdef",
        "status": StatusLabel.WARNING,
        "fairness": shared(people),
        "other_fairness": tuple(shared(people, load) for load in ("night", "weekend", "holiday")),
        "people": people,
        "without_availability": ("R-4",),
        "coverage": coverage_of(covered(95, 100), covered(10, 10, "Ward")),
        "compliance": compliance_of(100, 2),
        "workload": WorkloadSummary(
            residents=3,
            target_hours_per_week=60.0,
            mean_hours=43.3,
            sd_hours=12.5,
            min_hours=30.0,
            max_hours=60.0,
            mean_percent_of_target=72.2,
        ),
        "stability": steady(),
        "warnings": (),
    }
    return ScheduleMetrics.model_validate(values | changes)


NOTHING = metrics(
    (),
    fairness=None,
    other_fairness=(),
    coverage=None,
    compliance=None,
    workload=None,
    stability=None,
    status=StatusLabel.NO_DATA,
    warnings=("nobody is assigned to anything in the period",),
)


def texts(picture):
    root = ET.fromstring(picture)  # noqa: S314 - our own output
    return [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]


VALUES = (0.91, 0.9, None, 0.98, 0.86, 0.84, 0.8, 0.74, 0.72, 0.77, 0.735, 0.79)


def trend(values=VALUES, moves=()):
    first = START - timedelta(weeks=len(values))
    daily = [DayFairness(first + timedelta(weeks=at), value) for at, value in enumerate(values)]
    return fairness_trend(weekly_fairness(daily, START, len(values)), moves)


def a_move(name="PGY-1", service="Clinic"):
    return RebalancingMove(
        cohort=name,
        load="hours",
        from_person="R-1",
        to_person="R-2",
        service=service,
        day=START,
        half=Half.AM,
        hours=4.0,
        fairness_before=0.8,
        fairness_after=0.82,
    )


def change(before, after, day=0):
    return HalfDayChange(day=START + timedelta(days=day), half=Half.PM, before=before, after=after)


def a_diff(people, **changes):
    empty = same_version("aaaaaaaa-1").model_dump()
    values = {
        "version_b": "bbbbbbbb-2",
        "period_start": START,
        "period_end": START + timedelta(days=7),
        "added": 1,
        "changed": 1,
        "people": people,
        "fairness_delta": -0.12,
        "coverage_delta": 0.004,
        "violations_delta": 1,
        "assessment": Assessment.REGRESSED,
        "significant": True,
    }
    return VersionDiff.model_validate(empty | values | changes)


def one(name, changes, before=10.0, after=12.0):
    return PersonChange(
        person=name, added=1, removed=0, changed=1, hours_before=before, hours_after=after, changes=changes
    )


@pytest.fixture(scope="session")
def make():
    """Builders of what pages show, and what hostile or empty looks like."""

    class Make:
        nothing = NOTHING
        people = PEOPLE
        hostile = HOSTILE
        key = KEY
        start = START

    Make.person = staticmethod(person)
    Make.shared = staticmethod(shared)
    Make.steady = staticmethod(steady)
    Make.covered = staticmethod(covered)
    Make.coverage_of = staticmethod(coverage_of)
    Make.compliance_of = staticmethod(compliance_of)
    Make.metrics = staticmethod(metrics)
    Make.texts = staticmethod(texts)
    Make.trend = staticmethod(trend)
    Make.a_move = staticmethod(a_move)
    Make.change = staticmethod(change)
    Make.a_diff = staticmethod(a_diff)
    Make.one = staticmethod(one)
    return Make
