"""Which half-days the worst-off of a cohort could hand to a colleague who carries less, and what it gains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.acgme.rules import RuleSet
from residency.program.calendar import Period
from residency.program.records import Assignments, Program
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import ServiceKind
from residency.quality.change_results import RebalancingMove
from residency.quality.cohorts import members
from residency.quality.duty_guard import DutyGuard
from residency.quality.fairness import gini
from residency.quality.metrics import program_hours
from residency.quality.status import FAIRNESS_MARKS

MOVABLE_KINDS = frozenset({ServiceKind.OUTPATIENT, ServiceKind.PROCEDURE, ServiceKind.ADMINISTRATION})
"""Kinds whose single half-days can change hands: not wards and nights, which are held for days on end."""

MOST_MOVES = 4
"""Moves named for each cohort."""

_GIVERS, _TAKERS, _ROWS = 5, 20, 5
"""How many of the most and the least loaded, and of the half-days between two of them, are tried."""

_LEAST_GAIN = 0.0005
"""Rise of a cohort's fairness below which a move is not worth the trouble."""


@dataclass(frozen=True, slots=True)
class _Cohort:
    """People who are compared: rows of the program's people, weights, and loads that each move changes."""

    name: str
    rows: NDArray[np.intp]
    weight: NDArray[np.float64]
    loads: NDArray[np.float64]

    @property
    def fairness(self) -> float:
        return 1 - (gini(self.loads) or 0.0)

    def shifted(self, giver: int, taker: int, hours: float) -> NDArray[np.float64]:
        """The loads after some hours have gone from one to another."""
        loads = self.loads.copy()
        loads[giver] = max(0.0, loads[giver] - hours / self.weight[giver])
        loads[taker] += hours / self.weight[taker]
        return loads


@dataclass(frozen=True, slots=True)
class _Table:
    """The schedule as it stands while moves are made; shapes of the snapshot."""

    snapshot: Snapshot
    free: NDArray[np.bool_]  # (P, B) available and without any assignment
    movable: NDArray[np.bool_]  # (N,) rows that may change hands and have not yet
    hours: NDArray[np.float64]  # (N,) of each row
    guard: DutyGuard

    def assignment(self, row: int) -> Assignments:
        """One row of the snapshot as the program's assignments hold it."""
        snapshot, block = self.snapshot, int(self.snapshot.assignment_block[row])
        return Assignments(
            person=snapshot.assignment_person[row : row + 1],
            service=snapshot.assignment_service[row : row + 1],
            day=np.array([snapshot.period.day(block)], "datetime64[D]"),
            half=np.array([block % 2], np.int8),
            role=snapshot.assignment_role[row : row + 1],
            source=np.zeros(1, np.int8),
            locked=np.zeros(1, np.bool_),
        )


@dataclass(frozen=True, slots=True)
class _Move:
    row: int
    giver: int
    taker: int
    loads: NDArray[np.float64]
    after: float


def rebalancing_moves(
    program: Program,
    snapshot: Snapshot,
    rules: RuleSet,
    labels: Sequence[str] | None = None,
    *,
    covered: Sequence[Period] = (),
    most: int = MOST_MOVES,
) -> tuple[RebalancingMove, ...]:
    """Moves that make hours more even: in each cohort below good fairness, or else in the least fair one.

    A half-day moves when it fills a slot, is not locked and is on a clinic, procedure or administrative
    service, and when the taker is of the same cohort, carries less, is eligible for the post, available,
    assigned to nothing else then, and breaks no duty-hours rule by it: coverage, eligibility and compliance
    stay as they are.

    Args:
        program: the facts behind the snapshot, with assignments from 31 days before it to 31 days after it.
        snapshot: the schedule ahead.
        rules: the rule set that judges the takers.
        labels: what people are called, one for each of ``snapshot.person_ids``, which is the default.
        covered: the days for which a schedule speaks.
        most: moves for each cohort.
    """
    names = snapshot.person_ids if labels is None else tuple(labels)
    table = _table(program, snapshot, DutyGuard(program, snapshot.period, rules, covered))
    found = sorted(_cohorts(program, snapshot), key=lambda each: (each.fairness, each.name))
    unfair = [each for each in found if each.fairness < FAIRNESS_MARKS[0]] or found[:1]
    return tuple(move for cohort in unfair for move in _moves(table, cohort, names, most))


def _cohorts(program: Program, snapshot: Snapshot) -> Iterator[_Cohort]:
    """The cohorts of two people or more who have any availability."""
    who = members(program, snapshot)
    hours = program_hours(program, snapshot.period).hours
    for name in sorted(set(who.cohort)):
        chosen = [place for place, each in enumerate(who.cohort) if each == name and who.weight[place] > 0]
        if len(chosen) > 1:
            rows, weight = who.row[chosen], who.weight[chosen]
            yield _Cohort(name, rows, weight, hours[rows] / weight)


def _table(program: Program, snapshot: Snapshot, guard: DutyGuard) -> _Table:
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
        guard=guard,
    )


def _moves(table: _Table, cohort: _Cohort, names: Sequence[str], most: int) -> Iterator[RebalancingMove]:
    """The best moves within one cohort, one after the other; changes ``table`` and the cohort's loads."""
    snapshot, rows = table.snapshot, cohort.rows
    for _ in range(most):
        before = cohort.fairness
        move = _next_move(table, cohort)
        if move is None:
            return
        block = int(snapshot.assignment_block[move.row])
        table.movable[move.row] = False
        table.free[rows[move.taker], block] = False
        table.free[rows[move.giver], block] = True
        table.guard.take(int(rows[move.taker]), table.assignment(move.row))
        cohort.loads[:] = move.loads
        yield RebalancingMove(
            cohort=cohort.name,
            load="hours",
            from_person=names[int(rows[move.giver])],
            to_person=names[int(rows[move.taker])],
            service=snapshot.post_label(int(snapshot.assignment_post[move.row])),
            day=snapshot.period.day(block),
            half=snapshot.period.half(block),
            hours=float(table.hours[move.row]),
            fairness_before=before,
            fairness_after=move.after,
        )


def _next_move(table: _Table, cohort: _Cohort) -> _Move | None:
    """The move of the most loaded person who can hand anything over, to the least loaded who can take it."""
    order: list[int] = np.argsort(cohort.loads, kind="stable").tolist()
    for giver in order[: -1 - _GIVERS : -1]:
        held = np.flatnonzero(table.movable & (table.snapshot.assignment_person == cohort.rows[giver]))
        lighter = [each for each in order[:_TAKERS] if cohort.loads[each] < cohort.loads[giver]]
        for taker in lighter:
            possible = held[_takeable(table, held, int(cohort.rows[taker]))]
            for move in _ranked(table, cohort, possible, giver, taker)[:_ROWS]:
                if table.guard.allows(int(cohort.rows[taker]), table.assignment(move.row)):
                    return move
    return None


def _takeable(table: _Table, held: NDArray[np.intp], taker: int) -> NDArray[np.bool_]:
    """Which of some rows a person could take: eligible for the post, available and free."""
    snapshot = table.snapshot
    block, post = snapshot.assignment_block[held], snapshot.assignment_post[held]
    return table.free[taker, block] & snapshot.eligible[snapshot.block_year[block], post, taker]


def _ranked(
    table: _Table, cohort: _Cohort, candidates: NDArray[np.intp], giver: int, taker: int
) -> list[_Move]:
    """The rows worth moving, those that even the loads most first, the earliest first among equals."""
    before = cohort.fairness
    worth: dict[float, tuple[NDArray[np.float64], float]] = {}
    found: list[_Move] = []
    rows: list[int] = candidates.tolist()
    for row in rows:
        hours = float(table.hours[row])
        if hours not in worth:
            loads = cohort.shifted(giver, taker, hours)
            worth[hours] = loads, 1 - (gini(loads) or 0.0)
        loads, after = worth[hours]
        if after > before + _LEAST_GAIN:
            found.append(_Move(row, giver, taker, loads, after))
    return sorted(found, key=lambda move: (-move.after, move.row))
