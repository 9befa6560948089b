"""Fairness by the week: means, direction, slope, anomalies, and what is advised."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from residency.errors import InvalidInputError
from residency.program.vocabulary import Half
from residency.quality.change_results import RebalancingMove, TrendDirection
from residency.quality.results import StatusLabel
from residency.quality.trend import DayFairness, fairness_trend, weekly_fairness

WEDNESDAY = date(2026, 3, 25)
MONDAY = date(2026, 3, 23)


def weeks_of(values):
    """Weeks before the 23rd of March, one measured day each, None for a week without."""
    first = MONDAY - timedelta(weeks=len(values))
    daily = [DayFairness(first + timedelta(days=7 * at + at % 7), value) for at, value in enumerate(values)]
    return weekly_fairness(daily, WEDNESDAY, len(values))


def trend_of(*values, moves=()):
    return fairness_trend(weeks_of(values), moves)


def move(cohort="PGY-1", before=0.8, after=0.81):
    return RebalancingMove(
        cohort=cohort,
        load="hours",
        from_person="R-1",
        to_person="R-2",
        service="Clinic",
        day=date(2026, 4, 1),
        half=Half.AM,
        hours=4.0,
        fairness_before=before,
        fairness_after=after,
    )


def test_weeks_begin_on_monday_and_the_one_that_runs_is_left_out():
    daily = [
        DayFairness(MONDAY - timedelta(days=7), 0.9),
        DayFairness(MONDAY - timedelta(days=1), 0.7),
        DayFairness(MONDAY - timedelta(days=2), None),
        DayFairness(MONDAY, 0.1),
        DayFairness(MONDAY - timedelta(days=29), 0.1),
    ]
    told = weekly_fairness(daily, WEDNESDAY, 4)
    assert [week.week_start for week in told] == [MONDAY - timedelta(weeks=back) for back in (4, 3, 2, 1)]
    assert [week.value for week in told] == [None, None, None, pytest.approx(0.8)]
    assert [week.status for week in told[2:]] == [StatusLabel.NO_DATA, StatusLabel.WARNING]


def test_too_few_weeks_cannot_be_asked_for():
    with pytest.raises(InvalidInputError, match="weeks_back: 3 is not valid; expected 4 weeks or more"):
        weekly_fairness([], WEDNESDAY, 3)


@pytest.mark.parametrize(
    ("values", "direction"),
    [
        ((0.9, 0.9, 0.8, 0.8), TrendDirection.DECLINING),
        ((0.8, 0.8, 0.9, 0.9), TrendDirection.IMPROVING),
        ((0.9, 0.9, 0.86, 0.86), TrendDirection.STABLE),
        ((0.85, 0.85, 0.895, 0.895), TrendDirection.STABLE),
        ((0.9, None, 0.9, 0.5), TrendDirection.INSUFFICIENT_DATA),
        ((None,) * 4, TrendDirection.INSUFFICIENT_DATA),
        ((0.9, 0.9, 0.8, 0.8, 0.8), TrendDirection.DECLINING),
    ],
)
def test_direction_compares_the_halves(values, direction):
    assert trend_of(*values).trend is direction


def test_an_odd_week_belongs_to_the_later_half():
    told = trend_of(1.0, 0.9, None, 0.5, 0.4, 0.3)
    assert (told.first_half, told.second_half) == (pytest.approx(0.95), pytest.approx(0.4))
    assert told.measured == 5


@given(st.lists(st.none() | st.floats(0, 1), min_size=4, max_size=20))
def test_average_and_slope_are_those_of_a_fitted_line(values):
    told = trend_of(*values)
    places = [at for at, value in enumerate(values) if value is not None]
    measured = [value for value in values if value is not None]
    assert told.average == (pytest.approx(np.mean(measured)) if measured else None)
    if len(places) < 2:
        assert told.slope is None
    else:
        assert told.slope == pytest.approx(np.polyfit(places, measured, 1)[0], abs=1e-9)
    below = [value is not None and value < 0.75 for value in values]
    assert [week.anomaly for week in told.weeks] == below
    assert len(told.anomalies) == sum(below)


def test_a_slope_needs_two_weeks():
    assert trend_of(None, 0.5, None, None).slope is None
    assert trend_of(0.5, None, None, 0.8).slope == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("values", "reasons"),
    [
        ((0.95, 0.95, 0.85, 0.85), ["Fairness declines"]),
        ((0.74, 0.74, 0.74, 0.99, 0.99, 0.99), ["3 weeks were below 75 %"]),
        ((0.74, 0.74, 0.85, 0.85), ["averages 79.5 %, below 80 %"]),
        ((0.74, 0.74, 0.9, 0.9), []),
        ((None,) * 4, []),
    ],
)
def test_what_calls_for_rebalancing(values, reasons):
    told = trend_of(*values, moves=[move()])
    assert told.rebalance is bool(reasons)
    assert len(told.recommendations) == len(reasons) + (1 if reasons else 0)
    for reason, sentence in zip(reasons, told.recommendations, strict=False):
        assert reason in sentence
    assert bool(told.moves) is bool(reasons)


def test_moves_are_told_cohort_by_cohort_and_their_absence_is_told_too():
    moves = [move(), move(before=0.81, after=0.83), move("faculty core", 0.7, 0.72)]
    *_, first, second = trend_of(0.7, 0.7, 0.7, 0.7, moves=moves).recommendations
    assert first == (
        "PGY-1: hand over Clinic on Wed 1 Apr AM from R-1 to R-2; Clinic on Wed 1 Apr AM from R-1 to R-2. "
        "Fairness rises from 80.0 % to 83.0 %."
    )
    assert second.startswith("faculty core: ")
    assert "No half-day" in trend_of(0.7, 0.7, 0.7, 0.7).recommendations[-1]
    assert move().gain == pytest.approx(0.01)
