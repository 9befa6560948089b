"""Finds a roster and a bound within a time limit: one solver proves while others improve part after part.

Every hard constraint concerns one person alone, so rows of different rosters may be put together freely.
"""

import threading
import time
from concurrent.futures import Future, wait
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

_PROVABLE_CELLS = 1_600
"""People x days x shifts up to which a proof is likely: one thread works at it to the end.

For a larger one it solves the linear relaxation only, which gives nearly as good a bound in seconds.
"""

_RELAXING_SHARE = 0.3
"""Part of the time that the relaxation may take."""

_LEAVING_SECONDS = 0.15
"""How long to wait for threads that are building a model when the time is over."""


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
    prover, improvers = Solver(Engine.HIGHS), [Solver(Engine.HIGHS) for _ in range(workers)]
    running: list[Future[None]] = []
    try:
        for number, solver in enumerate(improvers):
            running.append(_begun(best, solver, prover if number == 0 else None, number, deadline))
        best.over.wait(max(0.0, deadline - time.monotonic()))
    except KeyboardInterrupt:
        best.remark("interrupted")
    finally:
        best.over.set()
        for solver in (prover, *improvers):
            solver.stop()
    for ended in wait(running, _LEAVING_SECONDS).done:
        ended.result()
    return _result(best, time.monotonic() - begun)


def _begun(
    best: Incumbent, solver: Solver, prover: Solver | None, number: int, deadline: float
) -> Future[None]:
    """A thread at work; when it fails it ends the search, and its error is raised by the one who asks.

    It is a daemon, so that one that is building a large model when the time is over keeps nobody waiting.
    """
    ended: Future[None] = Future()

    def work() -> None:
        try:
            _work(best, solver, prover, number, deadline)
        except Exception as error:  # noqa: BLE001 - raised again where the thread is waited for
            ended.set_exception(error)
            best.over.set()
        else:
            ended.set_result(None)

    threading.Thread(target=work, daemon=True).start()
    return ended


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
    """Solve the whole instance until it is proven, or only its relaxation if it is large.

    That there is no legal roster is left for an improver to find, who can say whose contract is to blame.
    """
    model, instance = RosterModel.of(best.instance), best.instance
    provable = instance.people * instance.days * instance.shifts <= _PROVABLE_CELLS
    left = max(0.0, deadline - time.monotonic())
    solved = prover.solve(
        model.linear,
        seconds=left if provable else _RELAXING_SHARE * left,
        workers=1,
        relaxed=not provable,
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
