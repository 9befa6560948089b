"""How steady a schedule is: what changed, how far it spread, and how much hangs on single people."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from residency.program.calendar import Period
from residency.quality.changes import Changes, changes
from residency.quality.results import FindingKey, Grade, Stability, StatusLabel
from residency.quality.ripple import ripple
from residency.quality.rows import PreviousSchedule, VersionRows

STABLE_CHURN, STABLE_RIPPLE, STABLE_N1 = 0.15, 2.0, 0.5
"""A stable schedule stays below each of these and brings no new violation."""

MAJOR_CHURN, MAJOR_CHANGES = 0.30, 50
"""More than either makes a change a major one."""

GRADES: tuple[tuple[float, Grade], ...] = ((90, "A"), (80, "B"), (70, "C"), (60, "D"))

_SOLE_SERVICE = 0.3
_WORST, _MEAN = 0.7, 0.3


@dataclass(frozen=True, slots=True)
class ChangeDates:
    """The days that the age of the last major change is reckoned from.

    ``published_on`` is None for a draft, which counts as if it were published ``today``.
    ``last_major_change`` is that of the versions before this one, None when there was none.
    """

    today: date
    published_on: date | None = None
    last_major_change: date | None = None


def stability(
    current: VersionRows,
    duty: NDArray[np.bool_],
    violations: frozenset[FindingKey],
    previous: PreviousSchedule | None,
    period: Period,
    dates: ChangeDates,
) -> Stability:
    """Compare a schedule with the one it replaced.

    Args:
        current: its rows.
        duty: which of ``current.services`` are duty, shape (services,); the rest hang on nobody.
        violations: keys of its violations.
        previous: the previous published version; None without one: nothing changed then, and nothing is new.
        period: the days looked at.
        dates: when it was published and when the last major change was.
    """
    difference = None if previous is None else changes(previous.rows, current, period)
    churn = difference.churn if difference else 0.0
    spread = ripple(difference) if difference else 0.0
    hinges = n1_score(current, duty, period)
    new = tuple(sorted(violations - previous.finding_keys)) if previous else ()
    moved = difference.count if difference else 0
    major = churn > MAJOR_CHURN or moved > MAJOR_CHANGES
    changed_on = dates.published_on or dates.today if major else dates.last_major_change
    stable = churn < STABLE_CHURN and spread < STABLE_RIPPLE and hinges < STABLE_N1 and not new
    score = stability_score(churn, spread, hinges)
    grade = grade_of(score, bool(new))
    return Stability(
        **_counts(difference),
        churn=churn,
        ripple=spread,
        n1_score=hinges,
        new_violations=new,
        major_change_on=changed_on,
        days_since_major_change=(dates.today - changed_on).days if changed_on else None,
        stable=stable,
        score=score,
        grade=grade,
        status=_status(stable, grade),
    )


def n1_score(rows: VersionRows, duty: NDArray[np.bool_], period: Period) -> float:
    """How much hangs on single people, 0..1: .7 of the worst and .3 of the mean person.

    A person counts min(1, share of all assignments + .3 x services that nobody else is assigned to), over
    the people who hold any assignment of duty in the period; 0 without assignments.
    """
    first, last = np.datetime64(period.start, "D"), np.datetime64(period.end, "D")
    chosen = duty[rows.service] & (rows.day >= first) & (rows.day < last)
    person, service = rows.person[chosen], rows.service[chosen]
    if not len(person):
        return 0.0
    held = np.bincount(person, minlength=len(rows.people))
    by_service = np.zeros((len(rows.services), len(rows.people)), np.bool_)
    by_service[service, person] = True
    sole = by_service[by_service.sum(axis=1) == 1].sum(axis=0)
    each = np.minimum(1.0, held / len(person) + _SOLE_SERVICE * sole)[held > 0]
    return float(_WORST * each.max() + _MEAN * each.mean())


def stability_score(churn: float, ripple: float, n1_score: float) -> float:
    """From 0 to 100: .35(100 - 100 churn) + .25(100 - 20 ripple) + .40(100 - 100 n1), none below 0."""
    return (
        0.35 * max(0.0, 100 - 100 * churn)
        + 0.25 * max(0.0, 100 - 20 * ripple)
        + 0.40 * max(0.0, 100 - 100 * n1_score)
    )


def grade_of(score: float, new_violations: bool) -> Grade:
    """A from 90, B from 80, C from 70, D from 60, else F; F with any new violation."""
    if new_violations:
        return "F"
    for mark, grade in GRADES:
        if score >= mark:
            return grade
    return "F"


def _status(stable: bool, grade: Grade) -> StatusLabel:
    if grade == "F":
        return StatusLabel.CRITICAL
    return StatusLabel.GOOD if stable else StatusLabel.WARNING


def _counts(difference: Changes | None) -> dict[str, int]:
    if difference is None:
        return {"compared_days": 0, "added": 0, "removed": 0, "modified": 0}
    return {
        "compared_days": difference.days,
        "added": len(difference.added),
        "removed": len(difference.removed),
        "modified": len(difference.modified_new),
    }
