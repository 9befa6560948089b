"""Solving a linear model within a time budget, in a process that may crash or hang without harm to ours."""

import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np
from numpy.typing import NDArray

from residency.errors import ResidencyError
from residency.scheduling.linear_model import LinearModel
from residency.scheduling.solver_messages import Better, Done, Task, Told

GRACE_SECONDS = 1.0
"""How long after its budget the solver may take to end before it is killed."""

_WHOLE = 1e-6
"""Rounding of a bound that the solver computes in floating point; costs are whole numbers."""

_SHOWN = 300
"""Characters shown of what a solver that crashed wrote last."""


class SolverFailedError(ResidencyError):
    """The solver crashed or contradicted itself, and there was no solution to fall back on."""

    code = "solver_failed"


class Status(StrEnum):
    """What is known when the solver has ended."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


class Engine(StrEnum):
    """Which solver runs, by the module of its process.

    HiGHS is the better one where the linear relaxation is strong, CP-SAT where it says little.
    """

    CP_SAT = "residency.scheduling.solver_process"
    HIGHS = "residency.scheduling.highs_process"


@dataclass(frozen=True, slots=True)
class Solved:
    """The best that is known of a model.

    Attributes:
        status: optimal and infeasible are proven; feasible has values; unknown has none.
        objective: cost of ``values``; None without.
        bound: no solution costs less; None where nothing is known.
        values: (N,) the best solution; checked against the model, never worse than the start.
        seconds: wall time taken.
        trouble: in words, why the search ended before it should have: a crash, no answer; None normally.
    """

    status: Status
    objective: int | None
    bound: int | None
    values: NDArray[np.int64] | None
    seconds: float
    trouble: str | None = None


OnBetter = Callable[[int, NDArray[np.int64]], None]
"""Called with the cost and values of each better solution, as soon as it is found."""

OnBound = Callable[[int], None]
"""Called with each better bound, as soon as it is proven."""


def solve(
    model: LinearModel,
    *,
    seconds: float,
    workers: int = 2,
    start: NDArray[np.int64] | None = None,
    on_better: OnBetter | None = None,
) -> Solved:
    """Minimise a model's cost with CP-SAT in a process of its own.

    Args:
        model: what to solve.
        seconds: wall time from now, the solver's start-up included; it is killed at GRACE_SECONDS past that.
        workers: threads that search side by side.
        start: (N,) a solution to begin with; what is returned is never worse.
        on_better: told of each better solution; an exception from it ends the search.

    Raises:
        ValueError: ``start`` is not a solution of the model.
        SolverFailedError: the solver crashed before any solution was known.
    """
    with Solver() as solver:
        return solver.solve(model, seconds=seconds, workers=workers, start=start, on_better=on_better)


class Solver:
    """A running process of the solver, for several models after each other; a context manager.

    It is started anew when it had to be killed. An interrupt from the keyboard does not reach it, so that
    whoever waits for it decides.
    """

    def __init__(self, engine: Engine = Engine.CP_SAT) -> None:
        self._engine = engine
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Task, Told] | None = None
        self._stderr: IO[bytes] | None = None
        self._stopped = False

    def __enter__(self) -> "Solver":
        """Start the process, which imports the solver while the model is being built."""
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process, in the middle of a search too."""
        self._end()

    @property
    def pid(self) -> int | None:
        """Process id of the solver, None when it is not running."""
        return None if self._process is None else self._process.pid

    def solve(
        self,
        model: LinearModel,
        *,
        seconds: float,
        workers: int = 2,
        start: NDArray[np.int64] | None = None,
        hint: NDArray[np.int64] | None = None,
        on_better: OnBetter | None = None,
        on_bound: OnBound | None = None,
        parameters: str = "",
        relaxed: bool = False,
    ) -> Solved:
        """As the function :func:`solve`.

        ``hint`` (N,) is values to search near that need not be a solution, the start where there is one and
        no hint; ``on_bound`` is told of each better bound; ``parameters`` are further
        options of the engine, as a :class:`Task` has them. With ``relaxed``, which HiGHS alone can,
        variables may be fractions: the answer has a bound and no new values.
        """
        search = _Search(model, start, on_better, on_bound)
        deadline = search.begun + seconds
        connection = self._connection or self._start()
        if self._stopped:
            return search.result()
        near = start if hint is None else hint
        ended = False
        try:
            connection.send(Task(model.arrays(), deadline, workers, near, parameters, relaxed))
            while not ended and connection.poll(max(0.0, deadline + GRACE_SECONDS - time.monotonic())):
                ended = search.hear(connection.recv())
            if not ended:
                search.trouble = f"the solver gave no answer within {GRACE_SECONDS:g} s of its {seconds:g} s"
        except (EOFError, OSError):
            search.trouble = None if self._stopped else self._last_words()
        finally:
            if not ended:
                self._end()
        return search.result()

    def stop(self) -> None:
        """End, from another thread, the search under way at once and any later one before it begins.

        Such a search returns what it knows, as if its time were over.
        """
        self._stopped = True
        process = self._process
        if process is not None:
            process.kill()

    def _start(self) -> "Connection[Task, Told]":
        ours, theirs = Pipe()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        root = Path(__file__).parents[2]
        # S603: our own module in our own interpreter; -P leaves out the folder that it happens to start in.
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-m", self._engine.value, str(theirs.fileno())],
            env={"PYTHONPATH": str(root)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._stderr,
            start_new_session=True,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        self._connection = ours
        return ours

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for each in (self._connection, self._stderr):
            if each is not None:
                with suppress(OSError):
                    each.close()
        self._process = self._connection = self._stderr = None

    def _last_words(self) -> str:
        """How the process ended and what it wrote last."""
        if self._process is None or self._stderr is None:
            return "the solver was not running"
        code = self._process.wait(GRACE_SECONDS)
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        words = f": {lines[-1][:_SHOWN]}" if lines else ""
        return f"the solver {how}{words}"


class _Search:
    """What is known so far of one model."""

    def __init__(
        self,
        model: LinearModel,
        start: NDArray[np.int64] | None,
        on_better: OnBetter | None,
        on_bound: OnBound | None,
    ) -> None:
        self.begun = time.monotonic()
        self.trouble: str | None = None
        self._model = model
        self._on_better = on_better
        self._on_bound = on_bound
        self._values = start
        self._objective = None
        self._bound = -math.inf
        self._infeasible = False
        if start is not None:
            broken = model.broken_by(start)
            if broken is not None:
                message = f"the start is not a solution: {broken}"
                raise ValueError(message)
            self._objective = model.cost_of(start)

    def hear(self, told: Told) -> bool:
        """Take in what the solver tells; whether the search has ended."""
        if not isinstance(told, Done):
            self._raise_bound(told.bound)
            if isinstance(told, Better):
                self._improve(told.values)
            return False
        if told.status == "INFEASIBLE":
            self._infeasible = True
        elif told.status == "MODEL_INVALID":
            self.trouble = f"the solver refused the model: {told.reason}"
        elif told.status != "UNKNOWN":  # that one comes with a bound of 0 that means nothing
            self._raise_bound(told.bound)
        if told.status == "OPTIMAL" and self._objective is not None and self.trouble is None:
            self._raise_bound(float(self._objective - self._model.constant))
        return True

    def _raise_bound(self, bound: float) -> None:
        before = self._told_bound()
        self._bound = max(self._bound, bound)
        now = self._told_bound()
        if self._on_bound is not None and now is not None and now != before:
            self._on_bound(now)

    def _improve(self, values: NDArray[np.int64]) -> None:
        broken = self._model.broken_by(values)
        if broken is not None:
            self.trouble = f"the solver told of a solution that is none: {broken}"
            return
        objective = self._model.cost_of(values)
        if self._objective is None or objective < self._objective:
            self._objective, self._values = objective, values
            if self._on_better is not None:
                self._on_better(objective, values)

    def result(self) -> Solved:
        """The answer; never worse than the start."""
        seconds = time.monotonic() - self.begun
        if self._objective is None:
            if self.trouble is not None and not self._infeasible:
                raise SolverFailedError(self.trouble)
            status = Status.INFEASIBLE if self._infeasible else Status.UNKNOWN
            return Solved(status, None, self._told_bound(), None, seconds)
        if self._infeasible:
            message = "the solver says that a model has no solution, but there is one"
            raise SolverFailedError(message)
        bound = self._told_bound()
        status = Status.OPTIMAL if bound is not None and bound >= self._objective else Status.FEASIBLE
        bound = self._objective if status is Status.OPTIMAL else bound
        return Solved(status, self._objective, bound, self._values, seconds, self.trouble)

    def _told_bound(self) -> int | None:
        if not math.isfinite(self._bound) or self._infeasible:
            return None
        return math.ceil(self._bound - _WHOLE) + self._model.constant
