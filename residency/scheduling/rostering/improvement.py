"""Makes a first roster person by person, then solves part after part of it anew."""

import time

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from residency.scheduling.rostering.incumbent import Incumbent
from residency.scheduling.rostering.instance import Roster
from residency.scheduling.rostering.model import RosterModel
from residency.scheduling.rostering.neighbourhoods import Part, Sizes, choose, nobody_works, part_of
from residency.scheduling.solver import Solved, Solver, Status

PART_SECONDS = 0.8
_FIRST_SECONDS = 5.0
_FIRST_PEOPLE = 1
_BY_PEOPLE_SHARE = 0.6
_WAITING = 0.02
_FIRST_SIZES = (4.0, 6.0)


class Improver:
    """One thread's way of making the best roster better, until the search is over or the time is."""

    def __init__(self, best: Incumbent, solver: Solver, random: Generator, deadline: float) -> None:
        self._best = best
        self._solver = solver
        self._random = random
        self._deadline = deadline
        self._sizes = Sizes(*_FIRST_SIZES)

    def run(self, *, begins: bool) -> None:
        """Improve the best roster; the one who ``begins`` makes it, the others wait for one."""
        if begins:
            self._begin()
        while not self._is_over() and self._best.roster is None:
            self._best.over.wait(_WAITING)
        while not self._is_over():
            self._improve_once()

    def _is_over(self) -> bool:
        return self._best.over.is_set() or time.monotonic() >= self._deadline

    def _begin(self) -> None:
        """Give a few people after each other the shifts that then help most, until all have theirs."""
        instance = self._best.instance
        roster = nobody_works(instance)
        order = self._random.permutation(instance.people)
        for first in range(0, instance.people, _FIRST_PEOPLE):
            if self._is_over() or self._best.roster is not None:
                return
            unlocked = np.zeros(roster.shape, np.bool_)
            unlocked[order[first : first + _FIRST_PEOPLE]] = True
            part = part_of(instance, roster, unlocked)
            rows, solved = self._solve(part, None, _FIRST_SECONDS)
            if solved.status is Status.INFEASIBLE:
                self._best.refute(self._who_cannot_work(part))
                return
            if rows is None:
                if not self._best.over.is_set():
                    self._best.remark("the time was too short for a first roster")
                return
            roster[part.people] = rows
        self._best.offer(roster)

    def _who_cannot_work(self, part: Part) -> str:
        """Why a part has no legal rows: as hard constraints concern one person alone, somebody has none."""
        names: list[str] = []
        everyday = np.ones((1, part.instance.days), np.bool_)
        for person in range(part.instance.people):
            one = np.zeros((part.instance.people, part.instance.days), np.bool_)
            one[person] = everyday
            alone = part_of(part.instance, nobody_works(part.instance), one)
            if self._solve(alone, None, _FIRST_SECONDS)[1].status is Status.INFEASIBLE:
                names.append(part.instance.person_ids[person])
        whose = " and ".join(names) if names else " or ".join(part.instance.person_ids)
        return f"no row of shifts keeps the contract and days off of {whose}"

    def _improve_once(self) -> None:
        roster = self._best.roster
        if roster is None:
            return
        by_people = bool(self._random.random() < _BY_PEOPLE_SHARE)
        unlocked = choose(self._best.instance, roster, self._random, by_people, self._sizes)
        part = part_of(self._best.instance, roster, unlocked)
        rows, solved = self._solve(part, roster[part.people], PART_SECONDS)
        if solved.trouble is not None:
            self._best.remark(solved.trouble)
        proven = solved.status is Status.OPTIMAL
        self._sizes.adapt(by_people, solved.seconds / PART_SECONDS if proven else 1.0)
        if rows is not None:
            self._best.merge(part.people, rows)

    def _solve(self, part: Part, around: Roster | None, seconds: float) -> tuple[Roster | None, Solved]:
        unlocked: NDArray[np.bool_] | None = None if around is None else part.unlocked
        model = RosterModel.of(part.instance, around, unlocked)
        solved = self._solver.solve(
            model.linear,
            seconds=min(seconds, max(0.0, self._deadline - time.monotonic())),
            workers=1,
            start=None if around is None else model.values_of(around),
        )
        return None if solved.values is None else model.roster_of(solved.values), solved
