"""How evenly loads are shared: Gini, Jain, the worst-off and the spread, cohort by cohort."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from residency.quality.results import CohortFairness, Fairness, Load
from residency.quality.status import FAIRNESS_MARKS, label_of

Loads = NDArray[np.float64]


def gini(loads: Loads) -> float | None:
    """The Gini coefficient of loads >= 0, shape (n,): 0 when all are equal, (n - 1) / n when one has all.

    With x ascending, G = sum_i (2i - n - 1) x_i / (n sum x). None for nobody, 0 when there is nothing to
    share.
    """
    if not len(loads):
        return None
    x = _scaled(loads)
    total = x.sum()
    if total == 0:
        return 0.0
    n = len(x)
    rank = 2.0 * np.arange(1, n + 1) - n - 1
    # Equal loads have weights that cancel exactly in theory; rounding must not make the result negative.
    return max(0.0, float(rank @ np.sort(x) / (n * total)))


def jain(loads: Loads) -> float | None:
    """Jain's index (sum x)^2 / (n sum x^2) of loads >= 0: 1 when all are equal, 1/n when one has all.

    None for nobody, 1 when there is nothing to share.
    """
    if not len(loads):
        return None
    x = _scaled(loads)
    squares = float(x @ x)
    return min(1.0, float(x.sum()) ** 2 / (len(x) * squares)) if squares else 1.0


def lorenz(loads: Loads) -> tuple[Loads, Loads]:
    """The Lorenz curve: shares of people, least loaded first, and the share of the load they carry.

    Both have shape (n + 1,) and run from 0 to 1; without any load everybody carries the same.
    """
    share = np.linspace(0.0, 1.0, len(loads) + 1)
    carried = np.concatenate([[0.0], np.cumsum(np.sort(_scaled(loads)))])
    return share, carried / carried[-1] if carried[-1] else share


def cohort_fairness(cohort: str, people: Sequence[str], loads: Loads) -> CohortFairness:
    """Fairness of one cohort.

    Args:
        cohort: its name.
        people: who is in it, without those who have no availability.
        loads: hours / (FTE x share of the period available), >= 0, beside ``people``.
    """
    index = gini(loads)
    fairness = None if index is None else 1 - index
    some = bool(len(loads))
    return CohortFairness(
        cohort=cohort,
        people=len(loads),
        gini=index,
        jain=jain(loads),
        fairness=fairness,
        worst_off=_worst_off(people, loads),
        max_minus_min=float(np.ptp(loads)) if some else None,
        mean=float(loads.mean()) if some else None,
        sd=float(loads.std()) if some else None,
        degenerate=some and (len(loads) == 1 or not loads.any()),
        status=label_of(fairness, FAIRNESS_MARKS),
    )


def fairness(
    load: Load, people: Sequence[str], cohorts: Sequence[str], loads: Loads, *, empty: Sequence[str] = ()
) -> Fairness:
    """Fairness of a load in every cohort, cohorts in the order of their names.

    Args:
        load: which hours these are.
        people: labels of P people, without those who have no availability.
        cohorts: the cohort of each of them.
        loads: hours / (FTE x share of the period available), >= 0, shape (P,).
        empty: cohorts in which nobody has any availability.

    Returns:
        All cohorts, and the overall fairness: the mean of those that are not degenerate, weighted by their
        people; None when there is none.
    """
    names = sorted({*cohorts, *empty})
    position = {name: row for row, name in enumerate(names)}
    member_of = np.array([position[name] for name in cohorts], np.intp)
    judged: list[CohortFairness] = []
    for row, name in enumerate(names):
        members = np.flatnonzero(member_of == row)
        judged.append(cohort_fairness(name, [people[each] for each in members.tolist()], loads[members]))
    weighed = [
        (each.people, each.fairness) for each in judged if each.fairness is not None and not each.degenerate
    ]
    weights = sum(count for count, _ in weighed)
    overall = sum(count * value for count, value in weighed) / weights if weights else None
    return Fairness(
        load=load, cohorts=tuple(judged), overall=overall, status=label_of(overall, FAIRNESS_MARKS)
    )


def fairness_of_shares(
    people: Sequence[str], cohorts: Sequence[str], hours: Loads, weight: Loads, load: Load = "hours"
) -> tuple[Fairness, tuple[str, ...]]:
    """Fairness of hours / weight, and the people who have no weight and are left out of it.

    Args:
        people: labels of P people.
        cohorts: the cohort of each of them.
        hours: what they carry, >= 0, shape (P,).
        weight: FTE x share of the period available, >= 0, shape (P,).
        load: which hours these are.
    """
    present: list[int] = np.flatnonzero(weight > 0).tolist()
    absent: list[int] = np.flatnonzero(weight <= 0).tolist()
    shared = fairness(
        load,
        [people[row] for row in present],
        [cohorts[row] for row in present],
        hours[present] / weight[present],
        empty=cohorts,
    )
    return shared, tuple(people[row] for row in absent)


def _scaled(loads: Loads) -> Loads:
    """Loads as shares of the largest, so that neither tiny nor huge ones leave the range of floats."""
    largest = float(loads.max(initial=0.0))
    return loads / largest if largest else loads


def _worst_off(people: Sequence[str], loads: Loads) -> str | None:
    """Who carries most, the first by name among equals; None when nobody carries anything."""
    if not loads.any():
        return None
    return min(people[row] for row in np.flatnonzero(loads == loads.max()).tolist())
