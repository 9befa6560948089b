"""The process in which CP-SAT runs, told what to solve and telling what it finds over one connection.

It is started by :mod:`residency.scheduling.solver` and by nothing else. OR-Tools is imported here alone: it
cannot share a process with other solvers, and a crash of it takes only this process down.
"""

# OR-Tools' stubs leave the fields of its messages untyped.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import sys
import time

import numpy as np

# The extension module behind ``cp_model``, which itself imports pandas and takes five times as long.
from ortools.sat.python import cp_model_helper as cp_sat

from residency.scheduling.linear_model import UNLIMITED, ModelArrays
from residency.scheduling.solver_messages import Better, Bound, Done, Task
from residency.scheduling.solver_serving import Tell, serve

_NO_LIMIT = np.iinfo(np.int64).max

_SEED = 1


def solve(task: Task, tell: Tell) -> Done:
    """Solve one task, telling each better solution and bound as soon as it is found."""
    solver = cp_sat.SolveWrapper()
    parameters = cp_sat.SatParameters()
    parameters.num_workers = task.workers
    parameters.random_seed = _SEED
    if task.parameters and not parameters.merge_text_format(task.parameters):
        return Done("MODEL_INVALID", -np.inf, f"parameters {task.parameters!r} are not CP-SAT's")
    # Held by a name until the search has ended: the solver itself keeps no reference to it.
    teller = _Teller(tell)
    solver.add_solution_callback(teller)
    solver.add_best_bound_callback(lambda bound: tell(Bound(bound)))
    model = _proto(task)
    parameters.max_time_in_seconds = max(0.0, task.deadline - time.monotonic())
    solver.set_parameters(parameters)
    response: cp_sat.CpSolverResponse = solver.solve(model)
    solver.clear_solution_callback(teller)
    return Done(response.status.name, response.best_objective_bound, response.solution_info)


class _Teller(cp_sat.SolutionCallback):
    """Tells each better solution as soon as it is found."""

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self._tell = tell

    def OnSolutionCallback(self) -> None:  # noqa: N802 - the name that CP-SAT calls
        values = np.array(list(self.Response().solution), np.int64)
        self._tell(Better(values, self.BestObjectiveBound()))


def _proto(task: Task) -> cp_sat.CpModelProto:
    model = task.model
    proto = cp_sat.CpModelProto()
    for bounds in np.stack([model.lower, model.upper], axis=1).tolist():
        proto.variables.add().domain.extend(bounds)
    _add_rows(proto, model)
    used = np.flatnonzero(model.cost)
    proto.objective.vars.extend(used.tolist())
    proto.objective.coeffs.extend(model.cost[used].tolist())
    if task.hint is not None:
        proto.solution_hint.vars.extend(range(len(task.hint)))
        proto.solution_hint.values.extend(task.hint.tolist())
    return proto


def _add_rows(proto: cp_sat.CpModelProto, model: ModelArrays) -> None:
    low = np.where(model.row_lower <= -UNLIMITED, -_NO_LIMIT - 1, model.row_lower).tolist()
    high = np.where(model.row_upper >= UNLIMITED, _NO_LIMIT, model.row_upper).tolist()
    indices, coefficients, starts = model.indices.tolist(), model.coefficients.tolist(), model.starts.tolist()
    for row, least in enumerate(low):
        terms = slice(starts[row], starts[row + 1])
        linear = proto.constraints.add().linear
        linear.vars.extend(indices[terms])
        linear.coeffs.extend(coefficients[terms])
        linear.domain.extend([least, high[row]])


if __name__ == "__main__":
    serve(int(sys.argv[1]), solve)
