"""One half-day matched so that no residents stay at a place that newly lacks attendings for them."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import SUPERVISING, UNITS_PER_ATTENDING
from residency.scheduling.matching import FINE, HalfDay, Limits
from residency.scheduling.problem import NOTHING, RepairProblem
from residency.scheduling.repaired import CHANGE_COST

_NEVER = 2**60
_ANY_SLOT = 1_000_000 * FINE
"""More than an empty slot costs, whatever its category."""


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
        stays = np.zeros(len(withdrawn), np.bool_)
        stays[here.people] = True
        stays[people] = False
        barred[place] |= ~stays  # who was sent away once is not taken back
        withdrawn[people] |= here.stays_from_before(people)
    return Limits(limits.held, withdrawn, barred)


def _going(half_day: HalfDay, held: NDArray[np.bool_]) -> Iterator[tuple[int, list[int]]]:
    """The places that lack attendings even with those who can be had, and who leaves each."""
    # What one place gets may come from another, so that they are gone through again, but not for ever.
    for _ in half_day.problem.snapshot.locations:
        got = [_supervised(half_day, _Place(half_day, place), held) for place in _lacking(half_day)]
        if not any(got):
            break
    for place in _lacking(half_day):
        here = _Place(half_day, place)
        lacking = here.lacking(held)
        if lacking > 0:
            yield place, here.cheapest(held, lacking)[0]


def _supervised(half_day: HalfDay, here: "_Place", held: NDArray[np.bool_]) -> bool:
    """Have one more attending at a place where that costs less than fewer residents; tells whether it has."""
    if here.missing <= 0:
        return False
    lacking = here.lacking(held)
    if lacking < here.missing:  # some residents cannot leave: a rule is worth any slot
        return half_day.supervise(here.place, _ANY_SLOT)
    worth = here.cheapest(held, lacking)[1] - here.cheapest(held, lacking - 1)[1]
    return half_day.supervise(here.place, worth)


def _lacking(half_day: HalfDay) -> list[int]:
    """Places with fewer attendings than their residents require."""
    problem, block = half_day.problem, half_day.block
    service, role = half_day.result()
    there = np.flatnonzero(problem.present[:, block] & (service != NOTHING))
    place, places = problem.service_place[service[there]], len(problem.snapshot.locations)
    year = int(problem.snapshot.block_year[block])
    units = np.bincount(place, problem.resident_units[year, service[there], there], minlength=places)
    supervises = (role[there] == SUPERVISING) & problem.may_supervise[there]
    attendings = np.bincount(place[supervises], minlength=places)
    return np.flatnonzero(-(-units.astype(np.int64) // UNITS_PER_ATTENDING) > attendings).tolist()


class _Place:
    """The residents and attendings of one place as a half-day stands."""

    def __init__(self, half_day: HalfDay, place: int) -> None:
        problem, block = half_day.problem, half_day.block
        self._half_day, self.place = half_day, place
        self._allowed = int(problem.short_before[place, block])
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

    @property
    def missing(self) -> int:
        """Attendings lacking beyond those that were lacking before; not above 0 where none is."""
        return self._required - self.attendings - self._allowed

    def lacking(self, held: NDArray[np.bool_]) -> int:
        """How many of the missing attendings fewer residents would not require."""
        staying = int(self.units[~self._movable(held)].sum())
        forced = -(-staying // UNITS_PER_ATTENDING) - self.attendings
        return min(self.missing, self._required - self.attendings - forced)

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
