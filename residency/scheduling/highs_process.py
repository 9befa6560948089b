"""The process in which HiGHS runs, told what to solve and telling what it finds over one connection.

It is started by :mod:`residency.scheduling.solver` and by nothing else. HiGHS is imported here alone: it
cannot share a process with OR-Tools, which has a HiGHS of its own inside.
"""

import sys
import time

import highspy
import numpy as np
from highspy.highs import HighsCallbackEvent
from numpy.typing import NDArray

from residency.scheduling.linear_model import UNLIMITED
from residency.scheduling.solver_messages import Better, Bound, Done, Task
from residency.scheduling.solver_serving import Tell, serve

_CLOSE_ENOUGH = 0.999
"""Gap at which a whole-number cost is proven."""

_INEXACT = 1e-3
"""What the cost of a relaxation, computed in floating point, may be too high at most."""

_INFEASIBLE = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)


def solve(task: Task, tell: Tell) -> Done:
    """Solve one task, telling each better solution and bound as soon as it is found."""
    # Threads are the process's own: those of a task before, of another number, would make this one fail.
    highspy.Highs.resetGlobalScheduler(True)
    highs = highspy.Highs()
    options: dict[str, bool | int | float] = {
        "output_flag": False,
        "threads": task.workers,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": _CLOSE_ENOUGH,
    }
    for name, value in options.items():
        highs.setOptionValue(name, value)
    for option in task.parameters.split():
        name, _, text = option.partition("=")
        if highs.setOptionValue(name, text) != highspy.HighsStatus.kOk:
            return Done("MODEL_INVALID", -np.inf, f"parameters {task.parameters!r} are not HiGHS's")
    if highs.passModel(_model(task)) == highspy.HighsStatus.kError:
        return Done("MODEL_INVALID", -np.inf, "HiGHS does not take it")
    if task.hint is not None:
        hint = highspy.HighsSolution()
        hint.col_value = task.hint.astype(float).tolist()
        highs.setSolution(hint)

    def tell_better(event: HighsCallbackEvent) -> None:
        found = event.data_out
        tell(Better(_whole(np.array(found.mip_solution)), found.mip_dual_bound))

    def tell_bound(event: HighsCallbackEvent) -> None:
        tell(Bound(event.data_out.mip_dual_bound))

    highs.cbMipImprovingSolution += tell_better
    highs.cbMipLogging += tell_bound
    highs.setOptionValue("time_limit", max(0.0, task.deadline - time.monotonic()))
    if task.relaxed:
        highs.setOptionValue("solve_relaxation", True)
        highs.run()
        return _ended_relaxed(highs)
    highs.run()
    if _answers_with_the_start(highs, task):
        highs.clearSolver()
        highs.setOptionValue("time_limit", max(0.0, task.deadline - time.monotonic()))
        highs.run()
    return _ended(highs, tell)


def _answers_with_the_start(highs: highspy.Highs, task: Task) -> bool:
    """Whether HiGHS found a lower cost than that of the values it gives.

    A model that presolve alone solves comes back as optimal with its cost, but with the values of the start.
    """
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return False
    told = task.model.cost @ _whole(np.array(highs.getSolution().col_value))
    return bool(told != round(highs.getInfo().objective_function_value))


def _ended_relaxed(highs: highspy.Highs) -> Done:
    """The cost of the relaxation is a bound when it was solved to its end."""
    status = highs.getModelStatus()
    if status in _INFEASIBLE:
        return Done("INFEASIBLE", -np.inf, "")
    if status in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
        return Done("FEASIBLE", highs.getInfo().objective_function_value - _INEXACT, "")
    return Done("UNKNOWN", -np.inf, "")


def _ended(highs: highspy.Highs, tell: Tell) -> Done:
    """Tell the last solution, which presolve may have found without a word, and how the search ended."""
    status, info = highs.getModelStatus(), highs.getInfo()
    if status in _INFEASIBLE:
        return Done("INFEASIBLE", -np.inf, "")
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    if found:
        tell(Better(_whole(np.array(highs.getSolution().col_value)), -np.inf))
    if status in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
        return Done("OPTIMAL", -np.inf, "")
    if status in (highspy.HighsModelStatus.kTimeLimit, highspy.HighsModelStatus.kInterrupt):
        # Its info may have a bound of 0 that means nothing; those told on the way are right.
        return Done("FEASIBLE" if found else "UNKNOWN", -np.inf, "")
    return Done("MODEL_INVALID", -np.inf, highs.modelStatusToString(status))


def _whole(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(values).astype(np.int64)


def _model(task: Task) -> highspy.HighsLp:
    model, infinite = task.model, highspy.kHighsInf
    starts, indices, coefficients = _merged(task)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(model.lower), len(model.row_lower)
    lp.col_cost_ = model.cost.astype(float)
    lp.col_lower_ = model.lower.astype(float)
    lp.col_upper_ = model.upper.astype(float)
    lp.row_lower_ = np.where(model.row_lower <= -UNLIMITED, -infinite, model.row_lower)
    lp.row_upper_ = np.where(model.row_upper >= UNLIMITED, infinite, model.row_upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = starts.astype(np.int32)
    lp.a_matrix_.index_ = indices.astype(np.int32)
    lp.a_matrix_.value_ = coefficients.astype(float)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * len(model.lower)
    return lp


def _merged(task: Task) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Starts, indices and coefficients with each variable once in a row, as HiGHS wants it."""
    model = task.model
    row = np.repeat(np.arange(len(model.row_lower)), np.diff(model.starts))
    count = max(len(model.lower), 1)
    places, term = np.unique(row * count + model.indices, return_inverse=True)
    coefficients = np.zeros(len(places), np.int64)
    np.add.at(coefficients, term, model.coefficients)
    starts = np.searchsorted(places // count, np.arange(len(model.row_lower) + 1))
    return starts, places % count, coefficients


if __name__ == "__main__":
    serve(int(sys.argv[1]), solve)
