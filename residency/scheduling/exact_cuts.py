"""What a newly broken duty-hours rule forbids: linear rows that no legal repair breaks."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

import numpy as np
from numpy.typing import NDArray

from residency.acgme.findings import SUPERVISION, Finding
from residency.acgme.program_duty import NIGHT_HOURS
from residency.acgme.weekly_hours import HOURS_80
from residency.program.records import ROLE_CODES, Service
from residency.program.vocabulary import CoverageRole, ServiceKind
from residency.scheduling.exact_model import Cut, Schedule
from residency.scheduling.exact_moves import Moves
from residency.scheduling.problem import NOTHING, RepairProblem

_BACKUP = ROLE_CODES[CoverageRole.BACKUP]
_EVENING, _MORNING = 19 * 60, 7 * 60
_A_DAY = timedelta(days=1)
_TINY = 1e-6


@dataclass(frozen=True, slots=True)
class _Work:
    """What an assignment asks for in its half-day: minutes since midnight, and how the engine counts it."""

    start: int
    end: int
    kind: ServiceKind | None

    def holds(self, other: "_Work") -> bool:
        """Whether whoever does this does the other as well."""
        if other.start == other.end:
            return True
        return self.kind is other.kind and self.start <= other.start and self.end >= other.end


_NO_WORK = _Work(0, 0, None)
_COUNTED_APART = frozenset({ServiceKind.NIGHT_FLOAT, ServiceKind.EDUCATION})


def cut_of(
    problem: RepairProblem,
    moves: Moves,
    schedule: Schedule,
    finding: Finding,
    excess_before: Callable[[Finding], float],
) -> Cut | None:
    """The row that a schedule breaks by a finding; None where no move has a part in it.

    More work never cures what less work breaks, so whatever contains the work that made the finding makes it
    too. Hours are cut by their sum, everything else by the half-days worked around the window.

    Args:
        problem: the schedule to be repaired.
        moves: those of the model.
        schedule: what was judged.
        finding: a must rule newly broken in it.
        excess_before: tells how far beyond the limit the same window was before, 0 when within it.
    """
    if finding.rule == SUPERVISION:
        return None
    person = problem.snapshot.person_ids.index(finding.person)
    first, last = (date.fromisoformat(at[:10]) for at in (finding.window_start, finding.window_end))
    around = _own(problem, moves, person, first - _A_DAY, last + _A_DAY)
    made = moves.made_in(*schedule)
    if not made[around].any():
        return None
    week = _Week(problem, moves, person)
    if finding.rule == HOURS_80 and week.adds_up(around):
        inside = _own(problem, moves, person, first, last)
        countable = (last - first).days - finding.leave_half_days / 2
        excess = abs(finding.value - finding.limit) - excess_before(finding)
        return week.hours_cut(inside, made[inside], 60 * excess * countable / 7)
    return week.cover_cut(around, schedule)


def _own(problem: RepairProblem, moves: Moves, person: int, first: date, end: date) -> NDArray[np.intp]:
    """A person's moves (indices) on the days ``[first, end)``."""
    start = problem.snapshot.period.start
    inside = (moves.block >= 2 * (first - start).days) & (moves.block < 2 * (end - start).days)
    return np.flatnonzero(inside & (moves.person == person))


class _Week:
    """The work of one person's moves."""

    def __init__(self, problem: RepairProblem, moves: Moves, person: int) -> None:
        self._problem, self._moves, self._person = problem, moves, person

    def adds_up(self, which: NDArray[np.intp]) -> bool:
        """Whether minutes of the half-days simply add up: mornings end before afternoons, nights apart."""
        blocks = np.unique(self._moves.block[which]).tolist()
        found = [(block % 2, self._left(block)) for block in blocks]
        found += [(int(self._moves.block[move]) % 2, self._work(move)) for move in which.tolist()]
        mornings = [work for half, work in found if not half and work is not _NO_WORK]
        afternoons = [work for half, work in found if half and work is not _NO_WORK]
        noon = min((work.start for work in afternoons), default=_EVENING)
        return (
            all(work.kind is not ServiceKind.NIGHT_FLOAT for _, work in found)
            and all(work.start >= _MORNING and work.end <= noon for work in mornings)
            and all(work.end <= _EVENING for work in afternoons)
        )

    def hours_cut(self, which: NDArray[np.intp], made: NDArray[np.bool_], minutes: float) -> Cut:
        """At least so many minutes less than the moves made bring."""
        gains = np.array([self._minutes(move) for move in which.tolist()], np.int64)
        less = max(1, math.ceil(minutes - _TINY))
        return Cut(which.astype(np.int64), gains, int(gains[made].sum()) - less)

    def cover_cut(self, which: NDArray[np.intp], schedule: Schedule) -> Cut:
        """Not all of the work of these half-days again, in one of them something less."""
        moves = self._moves
        coefficients = np.zeros(len(which), np.int64)
        blocks = moves.block[which]
        most = -1
        for block in np.unique(blocks).tolist():
            judged = self._at(block, schedule[0], schedule[1])
            stays = self._left(block).holds(judged)
            here = np.flatnonzero(blocks == block)
            coefficients[here] = [self._work(move).holds(judged) - stays for move in which[here].tolist()]
            most += 1 - stays
        used = coefficients != 0
        return Cut(which[used].astype(np.int64), coefficients[used], most)

    def _minutes(self, move: int) -> int:
        left, work = self._left(int(self._moves.block[move])), self._work(move)
        return (work.end - work.start) - (left.end - left.start)

    def _work(self, move: int) -> _Work:
        moves = self._moves
        return self._of(int(moves.service[move]), int(moves.role[move]), int(moves.block[move]))

    def _left(self, block: int) -> _Work:
        return self._at(block, self._problem.service_left, self._problem.role_left)

    def _at(self, block: int, service: NDArray[np.int32], role: NDArray[np.int8]) -> _Work:
        return self._of(int(service[self._person, block]), int(role[self._person, block]), block)

    def _of(self, service: int, role: int, block: int) -> _Work:
        if service == NOTHING or role == _BACKUP:
            return _NO_WORK
        return _work_of(self._problem.program.services[service], block % 2)


def _work_of(service: Service, half: int) -> _Work:
    if not service.counts_as_duty:
        return _NO_WORK
    kind = service.kind if service.kind in _COUNTED_APART else None
    if service.kind is ServiceKind.NIGHT_FLOAT:
        hours = NIGHT_HOURS if service.night_hours is None else service.night_hours
        return _Work(_EVENING, _EVENING + round(60 * hours), kind)
    begin: time = (service.start_am, service.start_pm)[half]
    start = 60 * begin.hour + begin.minute
    end = start + round(60 * (service.hours_am, service.hours_pm)[half])
    return _NO_WORK if end == start else _Work(start, end, kind)


def excesses(findings: Sequence[Finding]) -> dict[tuple[str, ...], float]:
    """How far beyond its limit each finding is, by its key."""
    return {finding.key: abs(finding.value - finding.limit) for finding in findings}
