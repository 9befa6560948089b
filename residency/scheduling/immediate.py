"""A repaired schedule at once: each half-day matched by itself, then held against the duty-hours rules."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import UNITS_PER_ATTENDING
from residency.scheduling.call_cover import cover_calls
from residency.scheduling.duty_gate import DutyGate
from residency.scheduling.immediate_supervision import fill_supervised
from residency.scheduling.problem import NOTHING, RepairProblem
from residency.scheduling.repaired import Layer, Repair, burden_of, cost_of

_HEAVIEST = 100_000
"""Most that one more half-day of duty weighs on a person."""

_STEPS = 100
"""Steps of that weight in one half-day of full-time work."""


def immediate_repair(problem: RepairProblem) -> Repair:
    """Fill the empty slots of every half-day with the fewest changes, within the duty-hours rules.

    Each half-day is matched at the least cost in the sense of :func:`~residency.scheduling.repaired.cost_of`,
    people with the least extra work first. Residents whose place then lacks attendings are taken off it.
    Residents in whom a rule is newly broken give back the half-days that break it and do not get them again;
    those are matched anew until nothing is newly broken. That ends because what is given back only grows.
    Call shifts of the lost are handed to others before, and their rest after it is kept free.
    """
    gate = DutyGate(problem)
    calls, working = cover_calls(problem, gate)
    table = _Table(working)
    todo = table.wanting()
    while len(todo):
        for block in todo.tolist():
            table.solve(block)
        given_back = gate.offending(table.service, table.role, calls, table.movable_changes())
        table.held |= given_back
        todo = np.flatnonzero(given_back.any(axis=0))
    return Repair(
        service=table.service,
        role=table.role,
        unfilled=problem.unfilled(table.service, table.role),
        calls=calls,
        cost=cost_of(problem, table.service, table.role),
        bound=None,
        burden=burden_of(problem, table.service),
        layer=Layer.IMMEDIATE,
        new_violations=gate.new_violations(table.service, table.role, calls),
    )


@dataclass
class _Table:
    """The schedule while it is repaired, in the shapes of its problem.

    ``held`` are cells that stay as they were left; ``extra`` the half-days of duty that each person has
    beyond those before, shape (P,).
    """

    problem: RepairProblem

    def __post_init__(self) -> None:
        problem = self.problem
        self.service, self.role = problem.service_left.copy(), problem.role_left.copy()
        self.held = np.zeros(self.service.shape, np.bool_)
        # The last entry stands for NOTHING.
        self._duty = np.array([each.counts_as_duty for each in problem.program.services] + [False], np.bool_)
        self._fte = np.where(problem.snapshot.fte > 0, problem.snapshot.fte, 1.0)
        before = self._duty[problem.service_before].sum(axis=1, dtype=np.int64)
        self.extra = self._duty[self.service].sum(axis=1, dtype=np.int64) - before

    def wanting(self) -> NDArray[np.intp]:
        """Half-days with an empty slot, or with residents whose attendings are gone."""
        problem = self.problem
        empty = problem.unfilled(self.service, self.role).any(axis=0)
        units, supervisors = problem.supervision(self.service, self.role)
        short = -(-units // UNITS_PER_ATTENDING) - supervisors > problem.short_before
        return np.flatnonzero(empty | short.any(axis=0))

    def solve(self, block: int) -> None:
        """Match one half-day anew, from the schedule as it was left."""
        problem = self.problem
        self.extra -= self._duty[self.service[:, block]]
        self.extra += self._duty[problem.service_left[:, block]]
        extra = np.maximum(self.extra, 0)
        weight = np.where(self.extra < 0, 0, _STEPS * (2 * extra + 1) / self._fte)
        price = np.minimum(weight, _HEAVIEST).astype(np.int64)
        service, role = fill_supervised(problem, block, self.held[:, block], price)
        self.service[:, block], self.role[:, block] = service, role
        self.extra += self._duty[service]
        self.extra -= self._duty[problem.service_left[:, block]]

    def movable_changes(self) -> NDArray[np.bool_]:
        """Cells that differ from the schedule as it was left, shape (P, B)."""
        problem = self.problem
        other = self.service != problem.service_left
        return other | ((self.service != NOTHING) & (self.role != problem.role_left))
