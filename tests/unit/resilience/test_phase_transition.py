from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from residency.program.calendar import Period
from residency.program.records import Absence, Assignments, CoverageRequirement, Person, Program, Service
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceType, Half, PersonType, ServiceKind
from residency.resilience.phase_transition import (
    PhaseInputs,
    own_load,
    phase_indicators,
    phase_risk,
    weekly_margin,
    weekly_unfilled,
)
from residency.resilience.results import PhaseIndicator, PhaseRisk
from residency.resilience.trend import MEASURED_FALSE_ALARM_RATE

MONDAY = date(2026, 3, 2)
CLINIC = Service("C", "Clinic", ServiceKind.OUTPATIENT)


def program(people=3, demand=(2,) * 12, held=(), absences=()):
    """Clinic on Monday mornings: ``demand`` people week by week; ``held`` are (person, day, half) rows."""
    rows = np.array(held, np.int64).reshape(-1, 3)
    return Program(
        "UTC",
        people=tuple(Person(f"F{n}", f"F{n}", PersonType.FACULTY) for n in range(people)),
        services=(CLINIC,),
        coverage=tuple(
            CoverageRequirement("C", Half.AM, minimum, day=MONDAY + timedelta(weeks=week))
            for week, minimum in enumerate(demand)
        ),
        assignments=Assignments(
            person=rows[:, 0].astype(np.int32),
            service=np.zeros(len(rows), np.int32),
            day=np.datetime64(MONDAY, "D") + rows[:, 1],
            half=rows[:, 2].astype(np.int8),
            role=np.zeros(len(rows), np.int8),
            source=np.zeros(len(rows), np.int8),
            locked=np.zeros(len(rows), np.bool_),
        ),
        absences=absences,
    )


def snapshot(given, days=90):
    return Snapshot.of(given, Period.horizon(MONDAY, days))


def indicators(given, days=90, **inputs):
    found = phase_indicators(snapshot(given, days), PhaseInputs(**inputs))
    return {indicator.name: indicator for indicator in found}


def test_unknown_inputs_are_unknown_and_not_counted():
    found = indicators(program(), days=30)
    assert {name for name, sign in found.items() if sign.raised is None} == {
        "utilization",
        "recent_changes",
        "unfilled_slots_rising",
        "n1_margin_falling",
        "fallback_expiring",
    }
    assert all(sign.explanation.startswith("unknown: ") for sign in found.values() if sign.raised is None)
    assert phase_risk(list(found.values())) is PhaseRisk.LOW


@pytest.mark.parametrize(
    ("utilization", "raised", "above"),
    [(0.85, False, None), (0.851, True, "85 %"), (0.901, True, "90 %"), (0.951, True, "95 %")],
)
def test_load_is_one_indicator_with_three_marks(utilization, raised, above):
    sign = indicators(program(), utilization=utilization)["utilization"]
    assert (sign.raised, sign.value) == (raised, utilization)
    assert above is None or sign.explanation.endswith(f"above {above}")


@pytest.mark.parametrize(("changes", "raised"), [(0, False), (10, False), (11, True), (21, True)])
def test_recent_changes(changes, raised):
    assert indicators(program(), changes_last_7_days=changes)["recent_changes"].raised is raised


@pytest.mark.parametrize(("days", "raised"), [(13, True), (14, False), (0, True)])
def test_fallback_under_fourteen_days(days, raised):
    assert indicators(program(), fallback_days_left=days)["fallback_expiring"].raised is raised


def test_weekly_unfilled_counts_demand_that_nobody_is_assigned_to():
    held = [(0, 0, 0), (1, 0, 0), (0, 7, 0), (0, 8, 0)]
    series = weekly_unfilled(snapshot(program(demand=(2, 2, 3, 4, *[1] * 8), held=held)))
    assert series.tolist() == [0, 1, 3, 4, *[1] * 8]


def test_weekly_margin_is_eligible_available_people_less_demand():
    away = (Absence("F0", MONDAY, MONDAY, AbsenceType.SICK),)
    series = weekly_margin(snapshot(program(demand=(2, 2, 3, 4, *[1] * 8), absences=away)))
    assert series.tolist() == [0, 1, 0, -1, *[2] * 8]


def test_a_weeks_margin_is_the_mean_over_its_half_days_with_demand():
    """Three people; one Monday asks for one, the Tuesday of the same week for three."""
    given = program(demand=(1,))
    tuesday = CoverageRequirement("C", Half.AM, 3, day=MONDAY + timedelta(days=1))
    series = weekly_margin(snapshot(replace(given, coverage=(*given.coverage, tuesday)), days=7))
    assert series.tolist() == [(2 + 0) / 2]


def test_recent_changes_are_told_with_the_mark_they_pass():
    told = {n: indicators(program(), changes_last_7_days=n)["recent_changes"].explanation for n in (10, 11)}
    assert told == {
        10: "assignments changed in the last 7 days: 10",
        11: "assignments changed in the last 7 days: 11, more than 10",
    }


def test_weeks_without_demand_do_not_enter_the_series():
    found = indicators(program(demand=(1,) * 11))
    assert found["unfilled_slots_rising"].raised is None
    assert "11 whole weeks" in found["unfilled_slots_rising"].explanation


def test_rising_gaps_and_falling_margins_are_raised_and_advisory():
    found = indicators(program(people=2, demand=tuple(range(1, 13))))
    for name in ("unfilled_slots_rising", "n1_margin_falling"):
        assert found[name].raised is True
        assert found[name].advisory
        assert f"{100 * MEASURED_FALSE_ALARM_RATE:.3g} %" in found[name].explanation
    assert not found["utilization"].advisory


def test_steady_and_improving_weeks_are_not_raised():
    for demand in ((3,) * 12, tuple(range(12, 0, -1))):
        found = indicators(program(people=2, demand=demand))
        assert found["unfilled_slots_rising"].raised is False
        assert found["n1_margin_falling"].raised is False


def test_faculty_load_is_own_duty_over_own_available_half_days():
    away = (Absence("F0", MONDAY, MONDAY + timedelta(days=1), AbsenceType.VACATION),)
    held = [(0, day, 0) for day in range(7)] + [(0, day, 1) for day in range(4)] + [(1, 6, 1)]
    whole_week = tuple(CoverageRequirement("C", half, 1, weekday=day) for day in range(7) for half in Half)
    given = program(people=3, held=held, absences=away)
    given = replace(given, coverage=whole_week)
    faculty, duty, available = own_load(snapshot(given, days=7))
    assert faculty.tolist() == [0, 1, 2]
    assert duty.tolist() == [7, 1, 0]
    assert available.tolist() == [10, 14, 14]


@pytest.mark.parametrize(("busy", "half_days", "raised"), [(1, 9, False), (2, 9, True), (2, 8, False)])
def test_more_than_a_quarter_of_faculty_above_four_fifths(busy, half_days, raised):
    """Four people, ten half-days of clinic each: 8 of 10 is not above 80 %, 1 of 4 not more than 25 %."""
    cells = [(day, half) for day in range(5) for half in range(2)]
    held = [(person, *cell) for person in range(busy) for cell in cells[:half_days]]
    given = program(people=4, held=held)
    coverage = tuple(CoverageRequirement("C", half, 4, weekday=day) for day in range(5) for half in Half)
    given = replace(given, coverage=coverage)
    assert indicators(given, days=5)["faculty_overloaded"].raised is raised


def test_no_available_faculty_makes_the_load_unknown():
    assert indicators(program(people=0))["faculty_overloaded"].raised is None


@pytest.mark.parametrize(
    ("raised", "risk"),
    [
        ((False, None), PhaseRisk.LOW),
        ((True, None, False), PhaseRisk.MEDIUM),
        ((True, True, None), PhaseRisk.HIGH),
        ((True, True, True), PhaseRisk.CRITICAL),
        ((True,) * 6, PhaseRisk.CRITICAL),
    ],
)
def test_risk_counts_raised_indicators(raised, risk):
    signs = [
        PhaseIndicator(name="n", raised=r, value=None, threshold="", advisory=False, explanation="")
        for r in raised
    ]
    assert phase_risk(signs) is risk
