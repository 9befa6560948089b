"""Slots that stand empty when lost people's assignments vanish and nobody else moves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import Snapshot
from residency.resilience.pairs import Attendance, PairCounter, PairSums


@dataclass(frozen=True, slots=True)
class VacancyLosses:
    """Slots short with the remaining assigned people.

    The base is the sum over posts and half-days of max(0, demand - counted assignments). A person sits in at
    most one assignment per half-day, so losing one person empties a slot exactly where the post has no
    counted assignment beyond its demand, and losing two people of one post empties a slot more than the two
    losses alone exactly where it has one to spare. Shapes: P people, N counted assignments where one is to
    spare.
    """

    base: int
    single: NDArray[np.int64]  # (P,) assigned_gap of each person
    sole: NDArray[np.int64]  # (P,) demanded (post, half-day) whose only counted assignment is the person's
    shared: Attendance  # (N,) who is assigned to which (post, half-day) where one person is to spare
    places: int

    def joint(self, people: NDArray[np.intp]) -> PairSums:
        """The pair's gap beyond the sum of its singles; ``people`` are ascending and number the pairs."""
        counter = PairCounter(len(people))
        counter.add_within(self.shared.among(people), np.ones(self.places, np.int64))
        return counter.sums()


def vacancy_losses(snapshot: Snapshot) -> VacancyLosses:
    """Count from the columns; nothing is solved."""
    demand, assigned = snapshot.demand.astype(np.int64), snapshot.assigned
    person, post, block = counted_rows(snapshot)
    spare = assigned[post, block] - demand[post, block]
    asked = demand[post, block] > 0
    single = np.bincount(person[spare <= 0], minlength=snapshot.people)
    alone = asked & (assigned[post, block] == 1)
    sole = np.bincount(person[alone], minlength=snapshot.people)
    one_spare = asked & (spare == 1)
    cell = post[one_spare].astype(np.int64) * snapshot.period.blocks + block[one_spare]
    cells, row = np.unique(cell, return_inverse=True)
    return VacancyLosses(
        base=int(np.maximum(demand - assigned, 0).sum()),
        single=single.astype(np.int64),
        sole=sole.astype(np.int64),
        shared=Attendance.of(person[one_spare], row),
        places=len(cells),
    )


def counted_rows(snapshot: Snapshot) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Person, post and half-day of every counted assignment."""
    counted = snapshot.assignment_counts
    return (
        snapshot.assignment_person[counted],
        snapshot.assignment_post[counted],
        snapshot.assignment_block[counted],
    )


def sole_cells(snapshot: Snapshot, person: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Posts and half-days that require somebody and where the person is the only counted assignee."""
    holder, post, block = counted_rows(snapshot)
    alone = (holder == person) & (snapshot.assigned[post, block] == 1) & (snapshot.demand[post, block] > 0)
    return post[alone], block[alone]
