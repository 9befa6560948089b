"""What a reader must know about the data before trusting a verdict: who was left out of the cover and why."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import Snapshot

NOTHING_REQUIRED = "nothing is required in this period, so nothing can be lost"
MOST_LINES = 20
"""Lines of one kind of finding; the rest is counted."""


def caveats(snapshot: Snapshot, labels: Sequence[str]) -> tuple[str, ...]:
    """One sentence for each thing in the data that the numbers silently depend on."""
    return tuple(_caveats(snapshot, labels))


def _caveats(snapshot: Snapshot, labels: Sequence[str]) -> Iterator[str]:
    clinicians = snapshot.is_faculty | snapshot.is_resident
    if not snapshot.people:
        yield "there are no people in the program"
    elif not clinicians.any():
        yield "there are no residents or faculty in the program, and learners never count as cover"
    if not snapshot.demand.any():
        if snapshot.supervision_units.any():
            yield "no coverage is required in this period, so only supervision can be lost"
        else:
            yield NOTHING_REQUIRED
    ineligible = ~snapshot.assignment_eligible & clinicians[snapshot.assignment_person]
    yield from _held(snapshot, labels, ineligible, "without being eligible")
    absent = snapshot.assignment_eligible & (snapshot.assignment_post >= 0) & ~snapshot.assignment_counts
    yield from _held(snapshot, labels, absent, "while away or resting")
    learners = ~clinicians[snapshot.assignment_person] & (snapshot.assignment_post >= 0)
    if learners.any():
        count = int(learners.sum())
        held = "1 assignment is" if count == 1 else f"{count} assignments are"
        yield f"{held} held by learners, who never count as cover"
    guessed = np.flatnonzero(snapshot.pgy_missing.any(axis=1)).tolist()
    yield from _capped(
        [f"{labels[person]} has no PGY for this period and is judged as PGY-2" for person in guessed]
    )


def _held(snapshot: Snapshot, labels: Sequence[str], rows: NDArray[np.bool_], how: str) -> Iterator[str]:
    """Assignments counted by person and service."""
    services = len(snapshot.service_ids)
    keys = snapshot.assignment_person[rows].astype(np.int64) * services + snapshot.assignment_service[rows]
    found, counts = np.unique(keys, return_counts=True)
    yield from _capped(
        [
            f"{labels[key // services]} holds {_assignments(count)} to "
            f"{snapshot.service_names[key % services]} {how}; not counted as cover"
            for key, count in zip(found.tolist(), counts.tolist(), strict=True)
        ]
    )


def _capped(lines: list[str]) -> list[str]:
    if len(lines) <= MOST_LINES:
        return lines
    return [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} more lines like the last one"]


def _assignments(count: int) -> str:
    return "1 assignment" if count == 1 else f"{count} assignments"
