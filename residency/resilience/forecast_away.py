"""Who is away in which half-day of a forecast, for what kind of reason, and since when."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from residency.resilience.forecast_inputs import ABSENCE_TYPES, ForecastInputs

HERE = 0
RECOVERING = 1 + len(ABSENCE_TYPES)
KINDS = 2 + len(ABSENCE_TYPES)


@dataclass(frozen=True, slots=True)
class Away:
    """People away in the H blocks of history and the B blocks ahead, shape (P, H + B) each.

    ``kind`` is :data:`HERE`, 1 + the place of the absence's type, or :data:`RECOVERING`. ``since`` is the
    day, counted from the first of the history, on which the oldest of a person's absences at the time began;
    it means nothing where nobody is away. ``anticipated`` are people who are here and may not be.
    """

    kind: NDArray[np.int8]
    since: NDArray[np.int32]
    anticipated: NDArray[np.bool_]

    @classmethod
    def of(cls, inputs: ForecastInputs) -> Self:
        """Half-days inside absences and recoveries of people who belong to the program."""
        people, blocks = inputs.active.shape
        kind = np.zeros((people, blocks), np.int8)
        since = np.full((people, blocks), np.iinfo(np.int32).max, np.int32)
        for recovery in (True, False):  # who is still away is not recovering yet
            row, person, block = inputs.effective.cells(blocks, recovery=recovery)
            kind[person, block] = RECOVERING if recovery else 1 + inputs.effective.kind[row]
            start = np.full_like(since, np.iinfo(np.int32).max)
            start[person, block] = inputs.effective.first[row] // 2
            np.minimum(since, start, out=since)
        kind[~inputs.active] = HERE
        anticipated = np.zeros((people, blocks), np.bool_)
        for recovery in (True, False):
            _, person, block = inputs.anticipated.cells(blocks, recovery=recovery)
            anticipated[person, block] = True
        anticipated &= inputs.active & (kind == HERE)
        return cls(kind, since, anticipated)

    def counts(self, people: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many of some people are away for each kind of reason, shape (KINDS, H + B)."""
        kind = self.kind[people]
        blocks = int(kind.shape[1])
        block = np.tile(np.arange(blocks), len(kind))
        place = kind.ravel().astype(np.int64) * blocks + block
        return np.bincount(place, minlength=KINDS * blocks).reshape(KINDS, blocks)
