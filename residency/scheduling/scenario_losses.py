"""Whom the scenarios lose: the worst pairs, the half of the faculty that leaves, who cannot travel."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from residency.program.availability import absence_blocks
from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import EFFECTIVE_ABSENCE_STATUSES, AbsenceType
from residency.resilience.losses import Losses, pair_losses


def worst_pairs(losses: Losses, most: int) -> list[tuple[int, int]]:
    """The pairs of faculty whose joint loss costs most, worst first, each ascending.

    Pairs whose loss costs nothing, not even a slot assigned, are left out.
    """
    snapshot = losses.snapshot
    rank = np.empty(snapshot.people, np.intp)
    rank[sorted(range(snapshot.people), key=snapshot.person_ids.__getitem__)] = np.arange(snapshot.people)
    pairs = pair_losses(losses, np.flatnonzero(snapshot.is_faculty), rank)
    a: list[int] = pairs.a[:most].tolist()
    b: list[int] = pairs.b[:most].tolist()
    return [(min(pair), max(pair)) for pair in zip(a, b, strict=True)]


def leaving_faculty(program: Program, losses: Losses, percent: int) -> tuple[int, ...]:
    """The share of the faculty that leaves, rounded down, ascending.

    First who has a permanent change of station in the period, then who is away longest in it, then whose loss
    costs least (slots empty after the best reassignment, attendings missing, slots assigned), then by id.
    """
    snapshot = losses.snapshot
    away, moves = _away(program, snapshot)
    faculty: list[int] = np.flatnonzero(snapshot.is_faculty).tolist()
    ranked = sorted(
        faculty,
        key=lambda person: (
            not moves[person],
            -int(away[person]),
            int(losses.reassigned[person]),
            int(losses.supervision[person]),
            int(losses.assigned[person]),
            snapshot.person_ids[person],
        ),
    )
    return tuple(sorted(ranked[: len(ranked) * percent // 100]))


def unable_to_travel(snapshot: Snapshot, percent: int) -> tuple[int, ...]:
    """The share of residents and faculty who cannot travel, rounded down, ascending.

    Nobody can know who it will be: they are those with the lowest SHA-256 of their id and the first day.
    """
    staff: list[int] = np.flatnonzero(snapshot.is_faculty | snapshot.is_resident).tolist()
    start = snapshot.period.start.isoformat()

    def lot(person: int) -> str:
        return hashlib.sha256(f"{snapshot.person_ids[person]} {start}".encode()).hexdigest()

    return tuple(sorted(sorted(staff, key=lot)[: len(staff) * percent // 100]))


def _away(program: Program, snapshot: Snapshot) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Half-days of the period that each person is away, and who moves away for good; shape (P,) each."""
    period = snapshot.period
    index = {person: row for row, person in enumerate(snapshot.person_ids)}
    away = np.zeros((snapshot.people, period.blocks), np.bool_)
    moves = np.zeros(snapshot.people, np.bool_)
    for absence in program.absences:
        first, end = absence_blocks(period, absence)
        first, end = max(first, 0), min(end, period.blocks)
        if absence.status in EFFECTIVE_ABSENCE_STATUSES and first < end:
            away[index[absence.person], first:end] = True
            moves[index[absence.person]] |= absence.type is AbsenceType.PCS
    return away.sum(axis=1), moves
