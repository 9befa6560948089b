"""Makes a first roster person by person, then solves part after part of it anew."""

import time

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from residency.scheduling.rostering.incumbent import Incumbent
from residency.scheduling.rostering.instance import Roster
from residency.scheduling.rostering.model import RosterModel
from residency.scheduling.rostering.neighbourhoods import (
    Part,
    Sizes,
    choose,
    nobody_works,
    part_of,
    penalty_of,
)
from residency.scheduling.solver import Solved, Solver, Status

PART_SECONDS = 1.0
_FIRST_SECONDS = 5.0
_FIRST_PEOPLE = 1
_WAITING = 0.02

_SCALE = 20
"""How much a unit of penalty weighs against the random costs that tell apart rosters of equal penalty.

It is low on purpose: those costs are to lead somewhere else each time. What ends up worse is not kept.
"""

_PART_OPTIONS = "mip_heuristic_effort=0.15 mip_allow_restart=false mip_detect_symmetry=false"
"""For models of a second or less: restarts and symmetries cost more than they save there."""


class Improver:
    """One thread's way of making the best roster better, until the search is over or the time is."""

    def __init__(self, best: Incumbent, solver: Solver, random: Generator, deadline: float) -> None:
        self._best = best
        self._solver = solver
        self._random = random
        self._deadline = deadline
        self._sizes = Sizes(best.instance)
        self._mine: tuple[int, Roster] | None = None

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
        roster = self._current()
        if roster is None:
            return
        width = int(self._random.choice(self._sizes.widths))
        people = self._sizes.people(width)
        unlocked = choose(self._best.instance, roster, self._random, width, people)
        part = part_of(self._best.instance, roster, unlocked)
        rows, solved = self._solve(part, roster[part.people], PART_SECONDS)
        if solved.trouble is not None:
            self._best.remark(solved.trouble)
        proven = solved.status is Status.OPTIMAL
        self._sizes.adapt(width, solved.seconds / PART_SECONDS if proven else 1.0)
        if rows is not None:
            after = roster.copy()
            after[part.people] = rows
            penalty = penalty_of(self._best.instance, after)
            if penalty <= penalty_of(self._best.instance, roster):
                self._mine = (penalty, after)
                self._best.merge(roster, after)

    def _current(self) -> Roster | None:
        """The roster to go on from: its own while nobody has a better one, else the best.

        Two searches that exchanged rosters of equal penalty, too, would undo each other's steps.
        """
        penalty, roster = self._best.penalty, self._best.roster
        if self._mine is None or (penalty is not None and penalty < self._mine[0]):
            return roster
        return self._mine[1]

    def _solve(self, part: Part, around: Roster | None, seconds: float) -> tuple[Roster | None, Solved]:
        unlocked: NDArray[np.bool_] | None = None if around is None else part.unlocked
        model = RosterModel.of(part.instance, around, unlocked)
        if around is not None:
            model.prefer(self._random.integers(0, 2, model.shift.shape), _SCALE)
        solved = self._solver.solve(
            model.linear,
            seconds=min(seconds, max(0.0, self._deadline - time.monotonic())),
            workers=1,
            start=None if around is None else model.values_of(around),
            parameters="" if around is None else _PART_OPTIONS,
        )
        return None if solved.values is None else model.roster_of(solved.values), solved
