"""Which half-days the worst-off of a cohort could hand to a colleague who carries less, and what it gains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import ServiceKind
from residency.quality.change_results import RebalancingMove
from residency.quality.cohorts import Members, members
from residency.quality.fairness import gini
from residency.quality.metrics import program_hours
from residency.quality.status import FAIRNESS_MARKS

MOVABLE_KINDS = frozenset({ServiceKind.OUTPATIENT, ServiceKind.PROCEDURE, ServiceKind.ADMINISTRATION})
"""Kinds whose single half-days can change hands: not wards and nights, which are held for days on end."""

MOST_MOVES = 4
"""Moves named for each cohort."""

_GIVERS, _TAKERS = 5, 20
"""How many of the most and the least loaded are tried."""

_LEAST_GAIN = 0.0005
"""Rise of a cohort's fairness below which a move is not worth the trouble."""


@dataclass(frozen=True, slots=True)
class _Table:
    """The schedule as it stands while moves are made; shapes of the snapshot."""

    snapshot: Snapshot
    free: NDArray[np.bool_]  # (P, B) available and without any assignment
    movable: NDArray[np.bool_]  # (N,) rows that may change hands and have not yet
    hours: NDArray[np.float64]  # (N,) of each row


@dataclass(frozen=True, slots=True)
class _Move:
    row: int
    giver: int
    taker: int
    after: float


def rebalancing_moves(
    program: Program, snapshot: Snapshot, labels: Sequence[str] | None = None, *, most: int = MOST_MOVES
) -> tuple[RebalancingMove, ...]:
    """Moves that make hours more even: in each cohort below good fairness, or else in the least fair one.

    A half-day moves when it fills a slot, is not locked and is on a clinic, procedure or administrative
    service, and when the taker is of the same cohort, carries less, is eligible for the post, available, and
    assigned to nothing else then: coverage and eligibility stay as they are. Duty hours are not judged here.

    Args:
        program: the facts behind the snapshot.
        snapshot: the schedule ahead.
        labels: what people are called, one for each of ``snapshot.person_ids``, which is the default.
        most: moves for each cohort.
    """
    names = snapshot.person_ids if labels is None else tuple(labels)
    who = members(program, snapshot)
    hours = program_hours(program, snapshot.period).hours
    table = _table(program, snapshot)
    found: list[tuple[float, str, NDArray[np.intp], NDArray[np.float64]]] = []
    for cohort in sorted(set(who.cohort)):
        rows, weight = _cohort(who, cohort)
        if len(rows) > 1:
            found.append((1 - (gini(hours[rows] / weight) or 0.0), cohort, rows, weight))
    found.sort(key=lambda each: each[:2])
    unfair = [each for each in found if each[0] < FAIRNESS_MARKS[0]] or found[:1]
    return tuple(
        move
        for _, cohort, rows, weight in unfair
        for move in _moves(table, cohort, rows, weight, hours[rows] / weight, names, most)
    )


def _cohort(who: Members, cohort: str) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The people of a cohort who have any availability, and their weights."""
    chosen = [place for place, name in enumerate(who.cohort) if name == cohort and who.weight[place] > 0]
    return who.row[chosen], who.weight[chosen]


def _table(program: Program, snapshot: Snapshot) -> _Table:
    person, block = snapshot.assignment_person, snapshot.assignment_block
    free = snapshot.available.copy()
    free[person, block] = False
    rows = program.assignments
    held = rows.take(rows.locked)
    day = (held.day - np.datetime64(snapshot.period.start, "D")).astype(np.int64)
    inside = (day >= 0) & (day < snapshot.period.days)
    locked = np.zeros(snapshot.available.shape, np.bool_)
    locked[held.person[inside], 2 * day[inside] + held.half[inside]] = True
    kind = np.array([service.kind in MOVABLE_KINDS for service in program.services], np.bool_)
    each = np.array([(service.hours_am, service.hours_pm) for service in program.services]).reshape(-1, 2)
    return _Table(
        snapshot=snapshot,
        free=free,
        movable=snapshot.assignment_counts & kind[snapshot.assignment_service] & ~locked[person, block],
        hours=each[snapshot.assignment_service, block % 2],
    )


def _moves(
    table: _Table,
    cohort: str,
    rows: NDArray[np.intp],
    weight: NDArray[np.float64],
    loads: NDArray[np.float64],
    names: Sequence[str],
    most: int,
) -> Iterator[RebalancingMove]:
    """The best moves within one cohort, one after the other; changes ``table`` and ``loads``."""
    snapshot = table.snapshot
    for _ in range(most):
        before = 1 - (gini(loads) or 0.0)
        move = _next_move(table, rows, weight, loads, before)
        if move is None:
            return
        row, block = move.row, int(snapshot.assignment_block[move.row])
        hours = float(table.hours[row])
        table.movable[row] = False
        table.free[rows[move.taker], block] = False
        table.free[rows[move.giver], block] = True
        loads[move.giver] -= hours / weight[move.giver]
        loads[move.taker] += hours / weight[move.taker]
        yield RebalancingMove(
            cohort=cohort,
            load="hours",
            from_person=names[int(rows[move.giver])],
            to_person=names[int(rows[move.taker])],
            service=snapshot.post_label(int(snapshot.assignment_post[row])),
            day=snapshot.period.day(block),
            half=snapshot.period.half(block),
            hours=hours,
            fairness_before=before,
            fairness_after=move.after,
        )


def _next_move(
    table: _Table,
    rows: NDArray[np.intp],
    weight: NDArray[np.float64],
    loads: NDArray[np.float64],
    before: float,
) -> _Move | None:
    """The move of the most loaded person who can hand anything over, to the least loaded who can take it."""
    order = np.argsort(loads, kind="stable").tolist()
    for giver in order[: -1 - _GIVERS : -1]:
        held = np.flatnonzero(table.movable & (table.snapshot.assignment_person == rows[giver]))
        for taker in order[:_TAKERS]:
            if loads[taker] >= loads[giver]:
                break
            move = _best(table, held[_takeable(table, held, int(rows[taker]))], giver, taker, weight, loads)
            if move is not None and move.after > before + _LEAST_GAIN:
                return move
    return None


def _takeable(table: _Table, held: NDArray[np.intp], taker: int) -> NDArray[np.bool_]:
    """Which of some rows a person could take: eligible for the post, available and free."""
    snapshot = table.snapshot
    block, post = snapshot.assignment_block[held], snapshot.assignment_post[held]
    return table.free[taker, block] & snapshot.eligible[snapshot.block_year[block], post, taker]


def _best(
    table: _Table,
    candidates: NDArray[np.intp],
    giver: int,
    taker: int,
    weight: NDArray[np.float64],
    loads: NDArray[np.float64],
) -> _Move | None:
    """The row whose hours even the loads most, the earliest of equals; None without candidates."""
    best: _Move | None = None
    lengths, first = np.unique(table.hours[candidates], return_index=True)
    for hours, place in zip(lengths.tolist(), first.tolist(), strict=True):
        shifted = loads.copy()
        shifted[giver] -= hours / weight[giver]
        shifted[taker] += hours / weight[taker]
        after = 1 - (gini(np.maximum(shifted, 0.0)) or 0.0)
        if best is None or after > best.after:
            best = _Move(int(candidates[place]), giver, taker, after)
    return best
