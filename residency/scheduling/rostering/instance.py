"""A rostering instance: days, shifts, staff with their contracts, wishes and the cover required."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FREE = -1
"""A day without a shift in a roster."""

Roster = NDArray[np.int16]
"""(P, D) index of the shift that each person works on each day, or FREE."""


@dataclass(frozen=True, slots=True)
class Requests:
    """Wishes for or against a shift: R of each, a penalty of ``weight`` for each that is not granted."""

    person: NDArray[np.int64]
    day: NDArray[np.int64]
    shift: NDArray[np.int64]
    weight: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Instance:
    """P people, D days of which the first is a Monday, S shifts; lengths in minutes.

    Everything about a person is hard; requests and cover are soft.

    Attributes:
        days: D.
        shift_ids: (S,).
        person_ids: (P,).
        minutes: (S,) length of each shift.
        not_after: (S, S) whether the second shift may not follow the first on the next day.
        max_shifts: (P, S) shifts of each kind at most.
        max_minutes: (P,) total.
        min_minutes: (P,) total.
        max_run: (P,) days worked in a row at most; counted inside the horizon only.
        min_run: (P,) days worked in a row at least; outside the horizon everybody is taken to work.
        min_rest: (P,) free days in a row at least; outside the horizon everybody is taken to be free.
        max_weekends: (P,) weekends with work on Saturday or Sunday at most.
        days_off: (P, D) days on which a person must be free.
        wanted: wishes to work a shift.
        unwanted: wishes not to.
        required: (D, S) people wanted in each shift; negative when more than enough work it already.
        under_weight: (D, S) penalty for each one missing.
        over_weight: (D, S) penalty for each one too many.
    """

    days: int
    shift_ids: tuple[str, ...]
    person_ids: tuple[str, ...]
    minutes: NDArray[np.int64]
    not_after: NDArray[np.bool_]
    max_shifts: NDArray[np.int64]
    max_minutes: NDArray[np.int64]
    min_minutes: NDArray[np.int64]
    max_run: NDArray[np.int64]
    min_run: NDArray[np.int64]
    min_rest: NDArray[np.int64]
    max_weekends: NDArray[np.int64]
    days_off: NDArray[np.bool_]
    wanted: Requests
    unwanted: Requests
    required: NDArray[np.int64]
    under_weight: NDArray[np.int64]
    over_weight: NDArray[np.int64]

    @property
    def people(self) -> int:
        """P."""
        return len(self.person_ids)

    @property
    def shifts(self) -> int:
        """S."""
        return len(self.shift_ids)
