"""The exact layer of a repair: an integer program over useful moves, held against the duty-hours rules."""

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from residency.acgme.findings import Finding
from residency.scheduling.duty_gate import DutyGate
from residency.scheduling.exact_bound import prove
from residency.scheduling.exact_cuts import cut_of, excesses
from residency.scheduling.exact_model import Cut, RepairModel, Schedule
from residency.scheduling.exact_moves import Moves, moved, useful_moves
from residency.scheduling.problem import RepairProblem
from residency.scheduling.repaired import Layer, Repair, burden_of, cost_of
from residency.scheduling.solver import Solver

_LEAST_SECONDS = 0.05
"""A solver is not asked for less."""

_COST_SHARE = 0.7
"""Of the seconds, those that the first stage may take; the second has what is left."""


def exact_repair(
    problem: RepairProblem,
    start: Repair,
    *,
    seconds: float,
    workers: int = 2,
    progress: Callable[[float], None] | None = None,
    solver: Solver | None = None,
) -> Repair:
    """Improve a repair as far as the time goes: first its cost, then, at that cost, its burden.

    The model has every cell of the half-days in which a slot is open or an attending missing, one assignment
    a cell, the supervision of residents as hard rows, and exactly the cost of
    :func:`~residency.scheduling.repaired.cost_of`. Duty-hours rules come in as they are broken: what the
    solver proposes is judged by the engine, and what breaks a must rule newly is cut off. What is returned
    never costs more than the start, nor weighs more at the same cost, and breaks no must rule newly that the
    start does not break.

    ``bound`` is proven for all repairs of this kind: half-days in which nothing is open stay as the forced
    vacating leaves them, and call shifts go to whom the start gives them. A legal repair that gives up work
    on other days, or moves call, to keep somebody within their hours may cost less.

    Args:
        problem: the schedule to be repaired.
        start: a repair of it; on timeout it comes back with the bound that is known.
        seconds: wall time from now.
        workers: threads of the solver.
        progress: told the share of the time that is used, 0..1.
        solver: a running solver; without one it is started and ended here.

    Raises:
        SolverFailedError: the solver contradicted itself.
    """
    deadline = time.monotonic() + seconds
    tell = progress if progress is not None else _untold
    tell(0.0)
    proof = prove(problem, start.service, start.role, until=deadline)
    is_proven = bool(proof.proven.all())
    if is_proven:
        start = replace(start, bound=start.cost)
    # To list the moves of a large program takes a while: not when nothing can come of it.
    is_over = (is_proven and start.burden <= 0) or time.monotonic() >= deadline
    if is_over or not len(moves := useful_moves(problem, start, np.zeros(problem.snapshot.people, np.bool_))):
        tell(1.0)
        return start
    with _running(solver) as running:
        search = _Search(problem, start, moves, running, workers, deadline)
        if not is_proven:
            search.lower_cost(proof.proven, seconds * _COST_SHARE)
        tell(_COST_SHARE)
        search.lower_burden()
    tell(1.0)
    return search.best


@contextmanager
def _running(solver: Solver | None) -> Generator[Solver]:
    if solver is not None:
        yield solver
    else:
        with Solver() as own:
            yield own


class _Search:
    """The best repair so far, what is proven of its cost, and what the rules have been found to forbid."""

    def __init__(
        self,
        problem: RepairProblem,
        start: Repair,
        moves: Moves,
        solver: Solver,
        workers: int,
        deadline: float,
    ) -> None:
        self._problem, self._moves, self._start = problem, moves, start
        self._solver, self._workers, self._deadline = solver, workers, deadline
        self._gate = DutyGate(problem)
        self._tolerated = excesses(start.new_violations)
        self._relieved = np.zeros(problem.snapshot.people, np.bool_)
        self._found: list[tuple[Schedule, Finding]] = []
        self._cuts: list[Cut] = []
        self._writing = 0.0  # seconds that it took to write a model down; the next takes as long
        self.best = start

    def lower_cost(self, proven: NDArray[np.bool_], seconds: float) -> None:
        """The first stage: until the cost is proven, the time is over, or a rule cannot be cut off.

        ``proven`` are half-days of the start that no repair makes cheaper, shape (B,).
        """
        until = min(self._deadline, time.monotonic() + seconds)
        while until - time.monotonic() > _LEAST_SECONDS + self._writing:
            begun = time.monotonic()
            # What a rule forbids ties half-days together: then the proven ones are no longer proven.
            model = self._model(~proven[self._moves.block] | bool(self._cuts))
            model.minimize_cost()
            self._writing = time.monotonic() - begun
            proposed, bound = self._solve(model, until)
            self._raise_bound(bound)
            if proposed is None:
                return
            broken = self._take(proposed)
            if not broken or not self._cut_off(proposed, broken):
                return

    def lower_burden(self) -> None:
        """The second stage: the same cost, spread more evenly."""
        while self.best.burden > 0:
            begun, best = time.monotonic(), self.best
            if self._deadline - begun <= _LEAST_SECONDS + self._writing:
                return
            proof = prove(self._problem, best.service, best.role, until=self._deadline)
            kept = proof.keeps(self._problem, self._moves)
            model = self._model(kept | self._moves.made_in(best.service, best.role))
            model.minimize_burden(self.best.cost, self.best.burden)
            self._writing = time.monotonic() - begun
            proposed, _ = self._solve(model, self._deadline)
            if proposed is None:
                return
            broken = self._take(proposed)
            if not broken or not self._cut_off(proposed, broken):
                return

    def _model(self, chosen: NDArray[np.bool_]) -> RepairModel:
        """The model of some of the moves, which are those of the best repair and more."""
        number = np.cumsum(chosen) - 1
        cuts: list[Cut] = []
        for cut in self._cuts:
            here = chosen[cut.moves]
            cuts.append(Cut(number[cut.moves[here]], cut.coefficients[here], cut.most))
        return RepairModel(self._problem, self._moves.where(chosen), self.best, cuts)

    def _solve(self, model: RepairModel, until: float) -> tuple[Schedule | None, int | None]:
        """A schedule that the model finds better than the best one, None where there is none; the bound."""
        # To hand it over and to judge what comes back takes about as long as to write it down.
        seconds = max(until - time.monotonic() - self._writing, _LEAST_SECONDS)
        known = model.values_of((self.best.service, self.best.role))
        solved = self._solver.solve(model.linear, seconds=seconds, workers=self._workers, start=known)
        if solved.values is None or np.array_equal(solved.values, known):
            return None, solved.bound
        return model.schedule_of(solved.values), solved.bound

    def _raise_bound(self, bound: int | None) -> None:
        known = [each for each in (self.best.bound, bound) if each is not None]
        self.best = replace(self.best, bound=min(max(known), self.best.cost) if known else None)

    def _take(self, proposed: Schedule) -> list[Finding]:
        """Keep a schedule that is better and legal; else tell what it breaks, and keep what can be saved."""
        broken = self._broken(proposed)
        if not broken:
            self._keep(proposed)
            return []
        if time.monotonic() >= self._deadline:
            return broken
        back = self._gate.offending(*proposed, self._start.calls, moved(self._problem, *proposed))
        saved = (
            np.where(back, self._problem.service_left, proposed[0]).astype(np.int32),
            np.where(back, self._problem.role_left, proposed[1]).astype(np.int8),
        )
        if not self._broken(saved):
            self._keep(saved)
        return broken

    def _broken(self, schedule: Schedule) -> list[Finding]:
        """Must rules that a schedule breaks newly and the start does not, or not as much."""
        found = self._gate.new_violations(*schedule, self._start.calls)
        far = excesses(found)
        return [each for each in found if far[each.key] > self._tolerated.get(each.key, -1.0)]

    def _keep(self, schedule: Schedule) -> None:
        """Make a legal schedule the best one if it is better."""
        cost, burden = cost_of(self._problem, *schedule), burden_of(self._problem, schedule[0])
        if (cost, burden) >= (self.best.cost, self.best.burden):
            return
        self.best = replace(
            self.best,
            service=schedule[0],
            role=schedule[1],
            unfilled=self._problem.unfilled(*schedule),
            cost=cost,
            burden=burden,
            layer=Layer.EXACT,
            new_violations=self._gate.new_violations(*schedule, self._start.calls),
        )

    def _cut_off(self, proposed: Schedule, broken: list[Finding]) -> bool:
        """Forbid what was found broken; tells whether the proposal is cut off, and there is time to go on."""
        if time.monotonic() >= self._deadline:
            return False
        cuts = self._cuts_of([(proposed, finding) for finding in broken])
        if not cuts:
            return False
        # Whoever a rule holds back may have to give up other work, which opens posts to others.
        self._found += [(proposed, finding) for finding in broken]
        self._relieved[np.unique(np.concatenate([self._moves.person[cut.moves] for cut in cuts]))] = True
        self._moves = useful_moves(self._problem, self._start, self._relieved)
        self._cuts = self._cuts_of(self._found)
        return True

    def _cuts_of(self, found: Iterable[tuple[Schedule, Finding]]) -> list[Cut]:
        """The rows that findings forbid; none that the best repair breaks, for it is legal."""
        best = self._moves.made_in(self.best.service, self.best.role).astype(np.int64)
        given = (
            cut_of(
                self._problem,
                self._moves,
                schedule,
                finding,
                self._gate.excess_before,
                self._gate.was_broken,
            )
            for schedule, finding in found
        )
        return [cut for cut in given if cut is not None and cut.allows(best)]


def _untold(_share: float) -> None:
    """Nobody asked how far it is."""
