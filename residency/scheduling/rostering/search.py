"""Finds a roster and a bound within a time limit: one solver proves while others improve part after part.

Every hard constraint concerns one person alone, so rows of different rosters may be put together freely.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from residency.scheduling.rostering.evaluation import Evaluation, evaluate
from residency.scheduling.rostering.improvement import Improver
from residency.scheduling.rostering.incumbent import Incumbent, OnBetter
from residency.scheduling.rostering.instance import Instance, Roster
from residency.scheduling.rostering.model import RosterModel
from residency.scheduling.solver import Engine, Solver, SolverFailedError, Status

WHOLE_CELLS = 200_000
"""People x days x shifts of the largest instance that is given to the solver as a whole."""

_PROVABLE_CELLS = 3_000
"""People x days x shifts up to which a proof is likely: one thread works at it to the end."""

_PROVING_SHARE = 0.3
"""Part of the time that it works at the proof of a larger instance, before it improves the roster too."""

_NEARLY_PROVEN = 0.05
"""A gap at which the proof of a larger instance goes on, too."""


@dataclass(frozen=True, slots=True)
class RosterResult:
    """The best that is known of an instance.

    Attributes:
        status: optimal and infeasible are proven; feasible has a roster; unknown has none.
        roster: (P, D), legal; None without one.
        evaluation: the roster judged; None without one.
        bound: no legal roster's penalty is lower; None when there is no legal roster.
        seconds: wall time taken.
        remarks: in words, what kept the search from its end, and why there is no legal roster.
    """

    status: Status
    roster: Roster | None
    evaluation: Evaluation | None
    bound: int | None
    seconds: float
    remarks: tuple[str, ...]

    @property
    def gap(self) -> float | None:
        """(penalty - bound) / penalty, 0 when proven optimal; None without a roster."""
        if self.evaluation is None or self.bound is None:
            return None
        penalty = self.evaluation.penalty
        return 0.0 if penalty <= self.bound else (penalty - self.bound) / penalty


def solve_roster(
    instance: Instance, *, seconds: float, workers: int = 2, on_better: OnBetter | None = None
) -> RosterResult:
    """Search for the legal roster of least penalty until it is proven or the time is over.

    An interrupt from the keyboard ends the search early; the best roster known is returned.

    Args:
        instance: what to solve.
        seconds: wall time from now; it is kept whatever the solvers do.
        workers: threads that search side by side, each with a solver process of its own.
        on_better: told of each better roster with its penalty, from any thread.

    Raises:
        SolverFailedError: the solvers crashed before any roster was known, or gave one that is not legal.
    """
    begun = time.monotonic()
    deadline = begun + seconds
    best = Incumbent(instance, on_better)
    cells = instance.people * instance.days * instance.shifts
    prover, improvers = Solver(Engine.HIGHS), [Solver(Engine.HIGHS) for _ in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        running: list[Future[None]] = []
        try:
            for number, solver in enumerate(improvers):
                proving = prover if number == 0 else None
                running.append(pool.submit(_work, best, solver, proving, number, deadline))
                running[-1].add_done_callback(lambda ended: _end_on_error(best, ended))
            best.over.wait(_PROVING_SHARE * seconds)
            if cells > _PROVABLE_CELLS and best.gap() > _NEARLY_PROVEN:
                prover.stop()
            best.over.wait(max(0.0, deadline - time.monotonic()))
        except KeyboardInterrupt:
            best.remark("interrupted")
        finally:
            best.over.set()
            for solver in (prover, *improvers):
                solver.stop()
    for ended in running:
        ended.result()
    return _result(best, time.monotonic() - begun)


def _end_on_error(best: Incumbent, ended: Future[None]) -> None:
    """A thread that fails ends the search; its error is raised when all have ended."""
    if ended.exception() is not None:
        best.over.set()


def _work(best: Incumbent, solver: Solver, prover: Solver | None, number: int, deadline: float) -> None:
    """What one thread does: the first begins with the proof, all improve until it is over."""
    instance = best.instance
    if prover is not None and instance.people * instance.days * instance.shifts <= WHOLE_CELLS:
        with prover:
            _prove(best, prover, deadline)
    with solver:
        # The second thread makes the first roster while the first one proves; alone, the first does both.
        begins = number == 1 or best.roster is None
        Improver(best, solver, np.random.default_rng(number), deadline).run(begins=begins)


def _prove(best: Incumbent, prover: Solver, deadline: float) -> None:
    """Solve the whole instance until it is proven, or the prover is stopped.

    That there is no legal roster is left for an improver to find, who can say whose contract is to blame.
    """
    model = RosterModel.of(best.instance)
    solved = prover.solve(
        model.linear,
        seconds=deadline - time.monotonic(),
        workers=1,
        on_better=lambda _, values: best.offer(model.roster_of(values)),
        on_bound=best.prove,
    )
    if solved.bound is not None:
        best.prove(solved.bound)
    if solved.trouble is not None:
        best.remark(solved.trouble)


def _result(best: Incumbent, seconds: float) -> RosterResult:
    remarks = tuple(best.remarks)
    if best.infeasible:
        return RosterResult(Status.INFEASIBLE, None, None, None, seconds, remarks)
    if best.roster is None:
        return RosterResult(Status.UNKNOWN, None, None, best.bound, seconds, remarks)
    judged = evaluate(best.instance, best.roster)
    if judged.broken or judged.penalty != best.penalty:
        wrong = "; ".join(judged.broken) or f"penalty {judged.penalty} is not {best.penalty}"
        message = f"the roster found is not what the search took it for: {wrong}"
        raise SolverFailedError(message)
    status = Status.OPTIMAL if judged.penalty <= best.bound else Status.FEASIBLE
    return RosterResult(status, best.roster, judged, best.bound, seconds, remarks)
