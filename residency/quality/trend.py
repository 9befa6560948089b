"""Where fairness goes from week to week, which weeks stand out, and what to do about it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

import numpy as np

from residency.errors import InvalidInputError
from residency.program.calendar import half_day_label
from residency.quality.change_results import FairnessTrend, RebalancingMove, TrendDirection, WeekFairness
from residency.quality.status import FAIRNESS_MARKS, label_of

LEAST_WEEKS = 4
"""Measured weeks below which no direction is told, and the fewest that may be asked for."""

ANOMALY_BELOW = 0.75
MARGIN = 0.05
"""Half of the weeks must differ from the other by more than this, on average, to show a direction."""

REBALANCE_BELOW, REBALANCE_ANOMALIES = 0.80, 2
"""An average below the first, or more anomalies than the second, call for rebalancing."""

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DayFairness:
    """Overall fairness as it was measured on one day; None when there was nothing to measure."""

    day: date
    fairness: float | None


def weekly_fairness(daily: Sequence[DayFairness], today: date, weeks_back: int) -> tuple[WeekFairness, ...]:
    """The mean fairness of each of the last whole weeks from Monday, oldest first.

    Args:
        daily: measured days in any order; days outside these weeks do not count.
        today: the week of this day, which is not over, is left out.
        weeks_back: how many weeks.

    Raises:
        InvalidInputError: if fewer than 4 weeks are asked for.
    """
    if weeks_back < LEAST_WEEKS:
        raise InvalidInputError("weeks_back", weeks_back, f"{LEAST_WEEKS} weeks or more")
    this_week = today - timedelta(days=today.weekday())
    weeks: list[WeekFairness] = []
    for back in range(weeks_back, 0, -1):
        start = this_week - back * _WEEK
        found = [
            each.fairness for each in daily if each.fairness is not None and start <= each.day < start + _WEEK
        ]
        value = float(np.mean(found)) if found else None
        anomaly = value is not None and value < ANOMALY_BELOW
        status = label_of(value, FAIRNESS_MARKS)
        weeks.append(WeekFairness(week_start=start, value=value, status=status, anomaly=anomaly))
    return tuple(weeks)


def fairness_trend(weeks: Sequence[WeekFairness], moves: Sequence[RebalancingMove] = ()) -> FairnessTrend:
    """Judge the weeks, the earlier half of those measured against the later.

    Args:
        weeks: at least one week, oldest first, seven days apart.
        moves: what could be handed over in the schedule ahead, see :func:`rebalancing_moves`; told only when
            the weeks call for it.
    """
    measured = [(place, week.value) for place, week in enumerate(weeks) if week.value is not None]
    values = [value for _, value in measured]
    half = len(values) // 2
    average, first, second = (_mean(part) for part in (values, values[:half], values[half:]))
    anomalies = tuple(week.week_start for week in weeks if week.anomaly)
    direction = _direction(len(values), first, second)
    reasons = _reasons(direction, len(anomalies), average)
    return FairnessTrend(
        weeks=tuple(weeks),
        measured=len(values),
        average=average,
        first_half=first,
        second_half=second,
        slope=_slope(measured),
        trend=direction,
        anomalies=anomalies,
        rebalance=bool(reasons),
        recommendations=(*reasons, *_advice(moves)) if reasons else (),
        moves=tuple(moves) if reasons else (),
    )


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _direction(weeks: int, first: float | None, second: float | None) -> TrendDirection:
    if weeks < LEAST_WEEKS or first is None or second is None:
        return TrendDirection.INSUFFICIENT_DATA
    if second > first + MARGIN:
        return TrendDirection.IMPROVING
    return TrendDirection.DECLINING if second < first - MARGIN else TrendDirection.STABLE


def _slope(measured: Sequence[tuple[int, float]]) -> float | None:
    """Change a week by least squares; None with fewer than two weeks."""
    if len(measured) < 2:
        return None
    place, value = np.array(measured).T
    place = place - place.mean()
    return float(place @ value / (place @ place))


def _reasons(direction: TrendDirection, anomalies: int, average: float | None) -> tuple[str, ...]:
    """Why the schedule should be rebalanced; nothing when it need not be."""
    found: list[str] = []
    if direction is TrendDirection.DECLINING:
        found.append(
            "Fairness declines: the later half of the weeks is more than 5 points below the earlier."
        )
    if anomalies > REBALANCE_ANOMALIES:
        found.append(f"{anomalies} weeks were below 75 %.")
    if average is not None and average < REBALANCE_BELOW:
        found.append(f"Fairness averages {math.floor(1000 * average) / 10:.1f} %, below 80 %.")
    return tuple(found)


def _advice(moves: Sequence[RebalancingMove]) -> tuple[str, ...]:
    """What to hand over, a sentence for each cohort."""
    if not moves:
        return (
            "No half-day in the schedule ahead can be handed to somebody less loaded who is eligible, "
            "available and free: change the coverage asked for, or who is eligible.",
        )
    return tuple(_sentence(list(its)) for _, its in groupby(moves, key=lambda move: move.cohort))


def _sentence(moves: Sequence[RebalancingMove]) -> str:
    told = "; ".join(
        f"{move.service} on {half_day_label(move.day, move.half)} from {move.from_person} to {move.to_person}"
        for move in moves
    )
    before, after = 100 * moves[0].fairness_before, 100 * moves[-1].fairness_after
    return f"{moves[0].cohort}: hand over {told}. Fairness rises from {before:.1f} % to {after:.1f} %."
