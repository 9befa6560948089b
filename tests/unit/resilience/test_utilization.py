"""Levels, buffer and waits of utilization: exact thresholds and textbook values."""

from datetime import date, timedelta
from fractions import Fraction
from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residency.program.calendar import Period
from residency.program.records import Absence, CoverageRequirement, Person, Program, Service
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceType, Half, PersonType, ServiceKind
from residency.resilience.results import UtilizationLevel
from residency.resilience.utilization import buffer, level, mean_waits, ratio, utilization

HARDNESS = list(UtilizationLevel)


@pytest.mark.parametrize(
    ("percent", "below", "at"),
    [
        (70, UtilizationLevel.GREEN, UtilizationLevel.YELLOW),
        (80, UtilizationLevel.YELLOW, UtilizationLevel.ORANGE),
        (90, UtilizationLevel.ORANGE, UtilizationLevel.RED),
        (95, UtilizationLevel.RED, UtilizationLevel.BLACK),
    ],
)
def test_a_level_begins_exactly_at_its_mark(percent, below, at):
    for available in (100, 3 * 10**17 + 100, 10**18):
        whole = available - available % 100
        demanded = percent * whole // 100
        assert level(ratio(demanded, whole)) is at
        assert level(ratio(demanded - 1, whole)) is below


@given(st.fractions(0, 2), st.fractions(0, 2))
def test_a_higher_utilization_never_has_a_milder_level(one, other):
    low, high = sorted((one, other))
    assert HARDNESS.index(level(low)) <= HARDNESS.index(level(high))


def test_nobody_available_is_fully_used_only_when_somebody_is_wanted():
    assert ratio(0, 0) == 0
    assert ratio(3, 0) == 1
    assert level(ratio(3, 0)) is UtilizationLevel.BLACK


def test_a_whole_period_is_judged_by_all_its_half_days_together():
    """Two attendings, ten half-days of work that only they may do, one away for two of five days."""
    monday = date(2026, 3, 2)
    program = Program(
        "UTC",
        people=(Person("A", "A", PersonType.FACULTY), Person("B", "B", PersonType.FACULTY)),
        services=(Service("C", "Clinic", ServiceKind.OUTPATIENT, required_type=PersonType.FACULTY),),
        coverage=tuple(
            CoverageRequirement("C", half, 1, weekday=weekday) for half in Half for weekday in range(5)
        ),
        absences=(Absence("A", monday, monday + timedelta(days=1), AbsenceType.TDY),),
    )
    assert utilization(Snapshot.of(program, Period.horizon(monday, 5))) == 10 / 16


@pytest.mark.parametrize(
    ("demanded", "available", "free"),
    [(0, 10, Fraction(8, 10)), (7, 10, Fraction(1, 10)), (9, 10, 0), (0, 11, Fraction(8, 11)), (5, 0, 0)],
)
def test_the_buffer_is_what_four_fifths_leave_after_the_demand(demanded, available, free):
    assert buffer(demanded, available) == free


@given(st.integers(0, 200), st.integers(1, 200))
def test_the_buffer_shrinks_with_demand_and_stays_in_range(demanded, available):
    assert 0 <= buffer(demanded + 1, available) <= buffer(demanded, available) <= Fraction(4, 5)


@pytest.mark.parametrize(("people", "wait", "digits"), [(1, 4.0, 1), (5, 0.55, 2), (20, 0.064, 3)])
def test_the_wait_at_eighty_percent_is_the_textbook_value(people, wait, digits):
    (found,) = mean_waits([Fraction(4, 5)], [Fraction(people)])
    assert round(found, digits) == wait


def textbook_wait(u, c):
    """Erlang C by its sum, exactly."""
    offered = u * c
    queueing = offered**c / factorial(c) / (1 - u)
    probability = queueing / (sum(offered**k / Fraction(factorial(k)) for k in range(c)) + queueing)
    return probability / (c * (1 - u))


@given(st.lists(st.tuples(st.fractions(0, 1, max_denominator=50), st.integers(1, 30)), max_size=6))
def test_waits_equal_the_erlang_sum(pools):
    found = mean_waits([u for u, _ in pools], [Fraction(c) for _, c in pools])
    for (u, c), wait in zip(pools, found, strict=True):
        if u == 1:
            assert wait is None
        else:
            assert wait == pytest.approx(float(textbook_wait(u, c)), rel=1e-9, abs=1e-12)


def test_a_pool_size_is_rounded_to_the_nearest_person_and_never_to_none():
    sizes = [Fraction(0), Fraction(14, 10), Fraction(15, 10), Fraction(25, 10)]
    half = Fraction(1, 2)
    expected = [float(textbook_wait(half, c)) for c in (1, 1, 2, 3)]
    assert mean_waits([half] * 4, sizes) == pytest.approx(expected)


def test_an_overfull_pool_has_no_finite_wait():
    assert mean_waits([Fraction(1), Fraction(3, 2)], [Fraction(4), Fraction(4)]) == (None, None)
