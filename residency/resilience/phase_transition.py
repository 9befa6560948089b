"""Phase-transition risk: signs that a small further loss would tip the schedule over."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import Snapshot
from residency.resilience.results import PhaseIndicator, PhaseRisk
from residency.resilience.trend import LEAST_VALUES, MEASURED_FALSE_ALARM_RATE, NOMINAL_RATE, trend

UTILIZATION_STEPS = (0.95, 0.90, 0.85)
CHANGE_STEPS = (20, 10)
"""Marks of one indicator each, hardest first: passing the last raises it, the others are named."""

OWN_LOAD_PERCENT = 80
OVERLOADED_PERCENT = 25
LEAST_FALLBACK_DAYS = 14
_RISKS = (PhaseRisk.LOW, PhaseRisk.MEDIUM, PhaseRisk.HIGH, PhaseRisk.CRITICAL)
_WEEK_BLOCKS = 14


@dataclass(frozen=True, slots=True)
class PhaseInputs:
    """What the indicators need from outside the period; None where it is not known.

    Attributes:
        utilization: demanded over available faculty half-days, 0..1 and above.
        changes_last_7_days: changes to assignments in the last 7 days.
        fallback_days_left: days that the newest fallback schedule stays valid.
    """

    utilization: float | None = None
    changes_last_7_days: int | None = None
    fallback_days_left: int | None = None


def phase_indicators(snapshot: Snapshot, inputs: PhaseInputs) -> tuple[PhaseIndicator, ...]:
    """The six indicators, the trends from the period's own whole weeks; unknown ones are not counted."""
    unfilled, margin = weekly_unfilled(snapshot), weekly_margin(snapshot)
    return (
        _load(inputs.utilization),
        _changes(inputs.changes_last_7_days),
        _trend("unfilled_slots_rising", "unfilled required slots a week", "rising", unfilled),
        _trend("n1_margin_falling", "the mean N-1 margin of a week", "falling", margin),
        _overloaded(snapshot),
        _fallback(inputs.fallback_days_left),
    )


def with_fallback_days(
    indicators: Sequence[PhaseIndicator], days_left: int | None
) -> tuple[PhaseIndicator, ...]:
    """Indicators that were judged earlier, with the fallback schedules' days as they are now."""
    now = _fallback(days_left)
    return tuple(now if each.name == now.name else each for each in indicators)


def phase_risk(indicators: Sequence[PhaseIndicator]) -> PhaseRisk:
    """None raised is low, one medium, two high, three and more critical."""
    raised = sum(indicator.raised is True for indicator in indicators)
    return _RISKS[min(raised, len(_RISKS) - 1)]


def weekly_unfilled(snapshot: Snapshot) -> NDArray[np.float64]:
    """Required slots without a counted assignment, for each whole week of the period that requires any."""
    missing = (snapshot.demand - snapshot.filled).sum(axis=0, dtype=np.float64)
    asked = _weeks((snapshot.demand > 0).sum(axis=0, dtype=np.float64))
    return _weeks(missing)[asked > 0]


def weekly_margin(snapshot: Snapshot) -> NDArray[np.float64]:
    """The mean N-1 margin of each whole week of the period that requires anybody.

    The margin of a post in a half-day is the number of eligible available people minus its demand; the mean
    runs over the posts and half-days with demand.
    """
    present = snapshot.available.astype(np.float32)
    able = np.zeros(snapshot.demand.shape, np.float64)
    for year, eligible in enumerate(snapshot.eligible):
        blocks = np.flatnonzero(snapshot.block_year == year)
        able[:, blocks] = eligible.astype(np.float32) @ present[:, blocks]
    asked = snapshot.demand > 0
    margins = _weeks(np.where(asked, able - snapshot.demand, 0.0).sum(axis=0))
    cells = _weeks(asked.sum(axis=0, dtype=np.float64))
    return margins[cells > 0] / cells[cells > 0]


def _weeks(per_block: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums over the whole weeks, counted from the first day of the period."""
    weeks = len(per_block) // _WEEK_BLOCKS
    return per_block[: weeks * _WEEK_BLOCKS].reshape(weeks, _WEEK_BLOCKS).sum(axis=1)


def own_load(snapshot: Snapshot) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64]]:
    """Faculty with any available half-day: who, their half-days of duty, and their available half-days.

    Duty is an assignment that fills a post, or supervises, while the person is available.
    """
    duty = snapshot.assignment_counts | snapshot.assignment_supervises
    held = np.bincount(snapshot.assignment_person[duty], minlength=snapshot.people)
    present = snapshot.available.sum(axis=1, dtype=np.int64)
    faculty = np.flatnonzero(snapshot.is_faculty & (present > 0))
    return faculty, held[faculty].astype(np.int64), present[faculty]


def _load(utilization: float | None) -> PhaseIndicator:
    threshold = f"above {_percent(UTILIZATION_STEPS[-1])}"
    if utilization is None:
        return _unknown("utilization", threshold, "the utilization of the faculty is not known")
    passed = next((step for step in UTILIZATION_STEPS if utilization > step), None)
    if passed is None:
        explanation = f"{_percent(utilization)} of the faculty's half-days are demanded"
    else:
        explanation = (
            f"{_percent(utilization)} of the faculty's half-days are demanded, above {_percent(passed)}"
        )
    return _known("utilization", passed is not None, utilization, threshold, explanation)


def _changes(changes: int | None) -> PhaseIndicator:
    threshold = f"more than {CHANGE_STEPS[-1]} in 7 days"
    if changes is None:
        return _unknown(
            "recent_changes", threshold, "changes to assignments in the last 7 days are not known"
        )
    passed = next((step for step in CHANGE_STEPS if changes > step), None)
    above = "" if passed is None else f", more than {passed}"
    return _known(
        "recent_changes",
        passed is not None,
        float(changes),
        threshold,
        f"assignments changed in the last 7 days: {changes}{above}",
    )


def _trend(name: str, what: str, direction: str, weekly: NDArray[np.float64]) -> PhaseIndicator:
    threshold = f"p at most {NOMINAL_RATE:g}"
    if len(weekly) < LEAST_VALUES:
        weeks = f"the period has {len(weekly)} whole weeks with demand"
        return _unknown(name, threshold, f"{weeks}, a trend needs {LEAST_VALUES}", advisory=True)
    found = trend(weekly if direction == "rising" else -weekly)
    explanation = (
        f"{what}: {'' if found.rising else 'not '}{direction}, from {weekly[0]:.4g} to {weekly[-1]:.4g} over "
        f"{len(weekly)} weeks (Kendall tau {found.tau if direction == 'rising' else -found.tau:+.2f}, "
        f"p {found.p:.3f}); advisory: a steady series raises it in "
        f"{_percent(MEASURED_FALSE_ALARM_RATE)} of cases"
    )
    return _known(name, found.rising, found.p, threshold, explanation, advisory=True)


def _overloaded(snapshot: Snapshot) -> PhaseIndicator:
    threshold = f"more than {OVERLOADED_PERCENT} % of faculty"
    faculty, held, present = own_load(snapshot)
    if not len(faculty):
        return _unknown("faculty_overloaded", threshold, "no faculty member is available in the period")
    over = int((100 * held > OWN_LOAD_PERCENT * present).sum())
    return _known(
        "faculty_overloaded",
        100 * over > OVERLOADED_PERCENT * len(faculty),
        over / len(faculty),
        threshold,
        f"{over} of {len(faculty)} faculty are on duty in more than {OWN_LOAD_PERCENT} % of their half-days",
    )


def _fallback(days_left: int | None) -> PhaseIndicator:
    threshold = f"under {LEAST_FALLBACK_DAYS} days"
    if days_left is None:
        return _unknown("fallback_expiring", threshold, "there is no fallback schedule to judge")
    days = f"the newest fallback schedule stays valid for {days_left} more days"
    return _known("fallback_expiring", days_left < LEAST_FALLBACK_DAYS, float(days_left), threshold, days)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _known(
    name: str, raised: bool, value: float, threshold: str, explanation: str, *, advisory: bool = False
) -> PhaseIndicator:
    return PhaseIndicator(
        name=name,
        raised=raised,
        value=value,
        threshold=threshold,
        advisory=advisory,
        explanation=explanation,
    )


def _unknown(name: str, threshold: str, why: str, *, advisory: bool = False) -> PhaseIndicator:
    return PhaseIndicator(
        name=name,
        raised=None,
        value=None,
        threshold=threshold,
        advisory=advisory,
        explanation=f"unknown: {why}",
    )
