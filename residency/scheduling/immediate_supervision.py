"""One half-day matched so that no residents stay at a place that newly lacks attendings for them."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import SUPERVISING, UNITS_PER_ATTENDING
from residency.scheduling.matching import FINE, HalfDay, Limits
from residency.scheduling.problem import NOTHING, RepairProblem
from residency.scheduling.repaired import CHANGE_COST

_NEVER = 2**60


def fill_supervised(
    problem: RepairProblem, block: int, held: NDArray[np.bool_], price: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Service and role of everybody in a half-day, shapes (P,).

    Where more residents are at a place than its attendings may supervise, a further attending is looked for;
    where none can be had for less than it costs to take residents away, the residents go: those whose going
    empties the fewest slots, the largest units first. What was short before may stay as short.

    Args:
        problem: the schedule to be repaired.
        block: which half-day.
        held: (P,) people whose cell stays as it was left.
        price: (P,) as :class:`~residency.scheduling.matching.HalfDay` takes it.
    """
    nobody = np.zeros(len(held), np.bool_)
    limits = Limits(held, nobody, np.zeros((len(problem.snapshot.locations), len(held)), np.bool_))
    while True:
        half_day = HalfDay(problem, block, limits, price)
        half_day.fill()
        going = list(_going(half_day, held))
        if not going:
            return half_day.result()
        limits = _without(half_day, limits, going)


def _without(half_day: HalfDay, limits: Limits, going: Sequence[tuple[int, list[int]]]) -> Limits:
    """The limits with some people off their places, and nobody else to be added there."""
    withdrawn, barred = limits.withdrawn.copy(), limits.barred.copy()
    for place, people in going:
        here = _Place(half_day, place)
        barred[place] = True
        barred[place, here.people] = False
        barred[place, people] = True
        withdrawn[people] |= here.stays_from_before(people)
    return Limits(limits.held, withdrawn, barred)


def _going(half_day: HalfDay, held: NDArray[np.bool_]) -> Iterator[tuple[int, list[int]]]:
    """The places that lack attendings, and who leaves each; places that get a further attending apart."""
    problem, block = half_day.problem, half_day.block
    for place in range(len(problem.snapshot.locations)):
        while True:
            here = _Place(half_day, place)
            allowed = int(problem.short_before[place, block])
            lacking = here.lacking(held, allowed)
            if lacking <= 0:
                break
            people, cost = here.cheapest(held, lacking)
            _, rest = here.cheapest(held, lacking - 1)
            if not half_day.supervise(place, cost - rest):
                yield place, people
                break


class _Place:
    """The residents and attendings of one place as a half-day stands."""

    def __init__(self, half_day: HalfDay, place: int) -> None:
        problem, block = half_day.problem, half_day.block
        self._half_day = half_day
        self.service, role = half_day.result()
        year = int(problem.snapshot.block_year[block])
        everybody = np.arange(len(self.service))
        present = problem.present[:, block] & (self.service != NOTHING)
        present &= problem.service_place[self.service] == place
        units = np.where(present, problem.resident_units[year, self.service, everybody], 0)
        self.people = np.flatnonzero(units)
        self.units = units[self.people].astype(np.int64)
        self.attendings = int((present & (role == SUPERVISING) & problem.may_supervise).sum())

    def _movable(self, held: NDArray[np.bool_]) -> NDArray[np.bool_]:
        problem, block = self._half_day.problem, self._half_day.block
        return ~(held | problem.fixed[:, block])[self.people]

    @property
    def _required(self) -> int:
        return -(-int(self.units.sum()) // UNITS_PER_ATTENDING)

    def lacking(self, held: NDArray[np.bool_], allowed: int) -> int:
        """Attendings lacking beyond so many, and beyond those that residents who cannot leave require."""
        staying = int(self.units[~self._movable(held)].sum())
        forced = -(-staying // UNITS_PER_ATTENDING) - self.attendings
        return self._required - self.attendings - max(allowed, forced, 0)

    def stays_from_before(self, people: Sequence[int]) -> NDArray[np.bool_]:
        """Which of some people were left with the assignment that they have."""
        half_day = self._half_day
        return self.service[people] == half_day.service[people]

    def cheapest(self, held: NDArray[np.bool_], fewer: int) -> tuple[list[int], int]:
        """Who leaves so that so many fewer attendings are required, at the least cost; and that cost."""
        surplus = int(self.units.sum()) - UNITS_PER_ATTENDING * (self._required - fewer)
        movable = self._movable(held)
        people = self.people[movable]
        chosen, cost = _cover(self.units[movable].tolist(), self._costs(people), surplus)
        return people[chosen].tolist(), cost

    def _costs(self, people: NDArray[np.intp]) -> list[int]:
        """What it costs that people leave: the slots that go empty, and the cells that change."""
        half_day, problem = self._half_day, self._half_day.problem
        job = half_day.job[people]
        emptied = np.where(job >= 0, half_day.value[job], 0)
        before = problem.service_before[people, half_day.block]
        now = self.service[people]
        then = np.where(now == half_day.service[people], NOTHING, half_day.service[people])
        change = (then != before).astype(np.int64) - (now != before)
        return (emptied + CHANGE_COST * FINE * change).tolist()


def _cover(sizes: Sequence[int], costs: Sequence[int], least: int) -> tuple[list[int], int]:
    """The cheapest things whose sizes add up to at least so much, and their cost; sizes are above 0."""
    if least <= 0:
        return [], 0
    best = [(0, list[int]())] + [(_NEVER, list[int]()) for _ in range(least)]
    for thing, (size, cost) in enumerate(zip(sizes, costs, strict=True)):
        for covered in range(least, -1, -1):
            known, things = best[covered]
            reached = min(least, covered + size)
            if known < _NEVER and known + cost < best[reached][0]:
                best[reached] = known + cost, [*things, thing]
    cost, things = best[least]
    return things, cost
