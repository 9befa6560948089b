"""What comes of a repair: the schedule that it proposes, what it costs, and how far that is proven."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from residency.acgme.findings import Finding
from residency.program.records import SOURCE_CODES, Assignments
from residency.program.vocabulary import AssignmentSource
from residency.scheduling.problem import NOTHING, RepairProblem

UNFILLED_COST = 100_000
"""Cost of one empty slot: more than any number of changes that fill it."""

CATEGORY_COST = 1_000
"""Added for each load-shedding category by which an empty slot is more protected than category 7."""

CHANGE_COST = 10
"""Cost of one cell that differs from the schedule before."""


class Layer(StrEnum):
    """Which layer of the repair gave the answer."""

    IMMEDIATE = "immediate"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class CallMove:
    """A call shift of somebody who is lost: ``shift`` indexes the program's call shifts.

    ``to`` is the person (index) who takes it, None where nobody can.
    """

    shift: int
    to: int | None


@dataclass(frozen=True, slots=True)
class Repair:
    """A repaired schedule in the shapes of its problem.

    Attributes:
        service: (P, B) service of each cell, NOTHING without an assignment.
        role: (P, B).
        unfilled: (Q, B) slots that stay empty.
        calls: what becomes of the call shifts of the lost.
        cost: see :func:`cost_of`; lower is better.
        bound: a cost that no legal repair of the problem goes below, among those that touch the same
            half-days and give call to the same people; None where none is known.
        burden: see :func:`burden_of`; the fairer of two repairs of equal cost has the lower one.
        layer: which layer the schedule is from.
        new_violations: must rules broken with the repair that the schedule before did not break, or not as
            much: what the disruption alone breaks, whatever is repaired, and what locked assignments force;
            an immediate repair adds nothing to these.
    """

    service: NDArray[np.int32]
    role: NDArray[np.int8]
    unfilled: NDArray[np.int32]
    calls: tuple[CallMove, ...]
    cost: int
    bound: int | None
    burden: float
    layer: Layer
    new_violations: tuple[Finding, ...] = ()

    @property
    def gap(self) -> float | None:
        """(cost - bound) / cost, 0 when proven optimal; None without a bound."""
        if self.bound is None:
            return None
        return 0.0 if self.cost <= self.bound else (self.cost - self.bound) / self.cost

    @property
    def is_proven(self) -> bool:
        """Whether no legal repair costs less, of those that ``bound`` speaks of."""
        return self.bound is not None and self.cost <= self.bound


def changed(problem: RepairProblem, service: NDArray[np.int32], role: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Cells that differ from the schedule before: added, removed or modified assignments; (P, B)."""
    return (service != problem.service_before) | ((service != NOTHING) & (role != problem.role_before))


def cost_of(problem: RepairProblem, service: NDArray[np.int32], role: NDArray[np.int8]) -> int:
    """Empty slots first, the more protected ones dearer, then changed cells.

    Sum over empty slots of UNFILLED_COST + CATEGORY_COST x (7 - category), plus CHANGE_COST for each changed
    cell. Coverage comes before changes as long as a slot needs fewer than 10,000 of them.
    """
    empty = problem.unfilled(service, role).sum(axis=1, dtype=np.int64)
    each = UNFILLED_COST + CATEGORY_COST * (7 - problem.post_category.astype(np.int64))
    return int((empty * each).sum()) + CHANGE_COST * int(changed(problem, service, role).sum())


def repaired_assignments(
    problem: RepairProblem, service: NDArray[np.int32], role: NDArray[np.int8]
) -> Assignments:
    """All assignments of the program with a repaired schedule of shape (P, B) in place of the period's.

    Rows that stay keep their source and lock; others are of source ``absence_repair`` and not locked.
    """
    rows, period = problem.program.assignments, problem.snapshot.period
    day = (rows.day - np.datetime64(period.start, "D")).astype(np.int64)
    inside = (day >= 0) & (day < period.days)
    other = changed(problem, service, role)
    stays = ~inside
    stays[inside] = ~other[rows.person[inside], 2 * day[inside] + rows.half[inside]]
    person, block = np.nonzero(other & (service != NOTHING))
    new = Assignments(
        person=person.astype(np.int32),
        service=service[person, block],
        day=np.datetime64(period.start, "D") + block // 2,
        half=(block % 2).astype(np.int8),
        role=role[person, block],
        source=np.full(len(person), SOURCE_CODES[AssignmentSource.ABSENCE_REPAIR], np.int8),
        locked=np.zeros(len(person), np.bool_),
    )
    return Assignments.joined([rows.take(stays), new])


def burden_of(problem: RepairProblem, service: NDArray[np.int32]) -> float:
    """Unevenness of the extra work: the sum over people of (extra duty half-days)^2 / FTE.

    Extra half-days are those of duty after the repair beyond those before it, at least 0.
    """
    duty = np.array([each.counts_as_duty for each in problem.program.services] + [False], np.bool_)
    extra = duty[service].sum(axis=1, dtype=np.int64) - duty[problem.service_before].sum(axis=1)
    weight = np.where(problem.snapshot.fte > 0, problem.snapshot.fte, 1.0)
    return float((np.maximum(extra, 0) ** 2 / weight).sum())


def coverage_of(problem: RepairProblem, service: NDArray[np.int32], role: NDArray[np.int8]) -> float:
    """Filled over required slots of the posts that coverage names; 1 when nothing is required."""
    real = problem.real_posts
    required = int(problem.demand[:real].sum())
    empty = int(problem.unfilled(service, role)[:real].sum())
    return 1.0 if required == 0 else (required - empty) / required
