"""Attendings missing against the units that residents generate, and what one or two losses change."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import UNITS_PER_ATTENDING, Snapshot
from residency.resilience.pairs import Attendance, PairCounter, PairSums


def deficit(units: NDArray[np.int64], supervisors: NDArray[np.int64]) -> NDArray[np.int64]:
    """Attendings missing: ceil(units / 4) less the supervisors present, at least 0; units add up first."""
    return np.maximum(-(-units // UNITS_PER_ATTENDING) - supervisors, 0)


@dataclass(frozen=True, slots=True)
class SupervisionLosses:
    """The supervision deficit per (location, half-day), called a *cell*, and how losses change it.

    Losing a faculty member takes a supervisor away where they supervise; losing a resident takes their units
    away, so a resident's loss can be negative. One row for each person who matters in a cell; a person
    matters in at most one cell per half-day. Shapes: N rows, C cells, P people.
    """

    blocks: int
    units: NDArray[np.int64]  # (C,) cell = location * blocks + half-day
    supervisors: NDArray[np.int64]  # (C,)
    person: NDArray[np.int32]  # (N,)
    cell: NDArray[np.int64]  # (N,)
    unit: NDArray[np.int64]  # (N,) units the person generates; 0 for supervisors

    @property
    def base(self) -> NDArray[np.int64]:
        """The deficit of every cell before anybody is lost, shape (C,)."""
        return deficit(self.units, self.supervisors)

    @property
    def row_loss(self) -> NDArray[np.int64]:
        """What the loss of each row's person changes in its cell, shape (N,)."""
        supervisor = (self.unit == 0).astype(np.int64)
        after = deficit(self.units[self.cell] - self.unit, self.supervisors[self.cell] - supervisor)
        return after - self.base[self.cell]

    def single(self, people: int) -> NDArray[np.int64]:
        """The signed change of the total deficit when one person is lost, shape (people,)."""
        loss = np.zeros(people, np.int64)
        np.add.at(loss, self.person, self.row_loss)
        return loss

    def joint(self, people: NDArray[np.intp]) -> PairSums:
        """The pair's change beyond the sum of its two singles; ``people`` are ascending and number the pairs.

        People who generate equal units in a cell are alike there, so each pair of kinds (a number of units,
        or supervising) is counted for all its people at once.
        """
        counter = PairCounter(len(people))
        present = {
            kind: Attendance.of(self.person[self.unit == kind], self.cell[self.unit == kind]).among(people)
            for kind in np.flatnonzero(np.bincount(self.unit)).tolist()
        }
        for first, left in present.items():
            counter.add_within(left, self._excess(first, first))
            for second, right in present.items():
                if second > first:
                    counter.add_between(left, right, self._excess(first, second))
        return counter.sums()

    def joint_cells(self, a: int, b: int) -> NDArray[np.int64]:
        """The cells in which two people cost an attending together beyond what each costs alone."""
        rows_a, rows_b = np.flatnonzero(self.person == a), np.flatnonzero(self.person == b)
        shared, in_a, in_b = np.intersect1d(
            self.cell[rows_a], self.cell[rows_b], assume_unique=True, return_indices=True
        )
        units_a, units_b = self.unit[rows_a[in_a]], self.unit[rows_b[in_b]]
        worse = [
            self._excess(int(unit_a), int(unit_b))[cell] > 0
            for cell, unit_a, unit_b in zip(shared, units_a, units_b, strict=True)
        ]
        return shared[np.array(worse, np.bool_)]

    def _excess(self, first: int, second: int) -> NDArray[np.int64]:
        """What two people of the given kinds change in every cell beyond what each changes; shape (C,).

        A kind is the units that a resident generates, or 0 for a supervisor.
        """
        gone_first, gone_second = int(first == 0), int(second == 0)
        both = deficit(self.units - first - second, self.supervisors - gone_first - gone_second)
        one = deficit(self.units - first, self.supervisors - gone_first)
        other = deficit(self.units - second, self.supervisors - gone_second)
        return both - one - other + self.base


def supervision_losses(snapshot: Snapshot) -> SupervisionLosses:
    """The cells and the people who matter in them, from the snapshot's columns."""
    matters = snapshot.assignment_supervises | (snapshot.assignment_units > 0)
    cell = snapshot.assignment_location.astype(np.int64) * snapshot.period.blocks + snapshot.assignment_block
    return SupervisionLosses(
        blocks=snapshot.period.blocks,
        units=snapshot.supervision_units.astype(np.int64).reshape(-1),
        supervisors=snapshot.supervisors.astype(np.int64).reshape(-1),
        person=snapshot.assignment_person[matters],
        cell=cell[matters],
        unit=snapshot.assignment_units[matters].astype(np.int64),
    )
