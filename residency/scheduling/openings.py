"""What opens when a person is away: slots of posts, supervision that falls short, and call."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.records import CallShift
from residency.program.snapshot import Snapshot
from residency.scheduling.absence_case import AbsenceCase


@dataclass(frozen=True, slots=True)
class SlotOpening:
    """An assignment without which its half-day falls short, in indices of the case's scope.

    ``of_post`` says that a required slot stays empty, ``of_supervision`` that residents there have too few
    attendings; at least one holds.
    """

    block: int
    service: int
    role: int
    of_post: bool
    of_supervision: bool


@dataclass(frozen=True, slots=True)
class CallOpening:
    """A call shift without anybody."""

    shift: CallShift


Opening = SlotOpening | CallOpening


def openings(case: AbsenceCase) -> tuple[Opening, ...]:
    """What opens, half-days first, each kind in order of time.

    A slot opens where the assignment counts toward a post that has nobody beyond its minimum, or supervises
    where there is no attending to spare. What an absence leaves and nobody misses does not open.
    """
    before, after = case.before, case.after
    mine = np.flatnonzero(
        (before.assignment_person == case.person) & case.lost[case.person, before.assignment_block]
    )
    block, place = before.assignment_block[mine], before.assignment_location[mine]
    of_post = before.assignment_counts[mine]
    filled = before.assignment_post[mine][of_post], block[of_post]
    of_post[of_post] = after.assigned[filled] < before.demand[filled]
    more = supervision_gap(after)[place, block] > supervision_gap(before)[place, block]
    of_supervision = before.assignment_supervises[mine] & more
    slots = tuple(
        SlotOpening(
            int(before.assignment_block[row]),
            int(before.assignment_service[row]),
            int(before.assignment_role[row]),
            bool(fills),
            bool(watches),
        )
        for row, fills, watches in zip(mine.tolist(), of_post, of_supervision, strict=True)
        if fills or watches
    )
    return (*slots, *(CallOpening(shift) for shift in sorted(case.open_shifts, key=lambda each: each.start)))


def supervision_gap(snapshot: Snapshot) -> NDArray[np.int32]:
    """Attendings missing against the units of the residents there; shape (L, B)."""
    return np.maximum(snapshot.supervision_required - snapshot.supervisors, 0)


def needed(snapshot: Snapshot) -> NDArray[np.bool_]:
    """Cells whose assignment nobody can leave without a slot or residents falling short; shape (P, B)."""
    block, fills = snapshot.assignment_block, snapshot.assignment_counts.copy()
    filled = snapshot.assignment_post[fills], block[fills]
    fills[fills] = snapshot.assigned[filled] <= snapshot.demand[filled]
    spare = snapshot.supervisors - snapshot.supervision_required
    watches = snapshot.assignment_supervises & (spare[snapshot.assignment_location, block] <= 0)
    cells = np.zeros(snapshot.available.shape, np.bool_)
    cells[snapshot.assignment_person, block] = fills | watches
    return cells
