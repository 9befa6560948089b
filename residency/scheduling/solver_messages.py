"""What we and the process of the solver tell each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.scheduling.linear_model import ModelArrays


@dataclass(frozen=True, slots=True)
class Task:
    """A model to be solved.

    Attributes:
        model: what to solve.
        deadline: when to stop, on the clock of ``time.monotonic``, which all processes of a machine share.
        workers: threads that search side by side.
        hint: (N,) values to search near, None without.
        parameters: further options: CP-SAT's in protobuf's text format, HiGHS's as ``name=value`` with spaces
            between.
        relaxed: whether variables may be fractions, which gives a bound and no values; HiGHS alone can.
    """

    model: ModelArrays
    deadline: float
    workers: int
    hint: NDArray[np.int64] | None
    parameters: str
    relaxed: bool = False


@dataclass(frozen=True, slots=True)
class Better:
    """A solution better than those before; ``bound`` is the cost proven so far, without the constant."""

    values: NDArray[np.int64]
    bound: float


@dataclass(frozen=True, slots=True)
class Bound:
    """No solution costs less than this, without the constant."""

    bound: float


@dataclass(frozen=True, slots=True)
class Done:
    """The search has ended: status by CP-SAT's name, its bound, and its words about an invalid model."""

    status: str
    bound: float
    reason: str


Told = Better | Bound | Done
