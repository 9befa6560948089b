"""What a newly broken duty-hours rule forbids: linear rows that no legal repair breaks."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from residency.acgme.findings import SUPERVISION, Finding
from residency.acgme.free_days import FREE_DAY
from residency.acgme.program_duty import NIGHT_HOURS
from residency.acgme.weekly_hours import HOURS_80
from residency.program.records import ROLE_CODES, Service
from residency.program.vocabulary import CoverageRole, ServiceKind
from residency.scheduling.exact_model import Cut, Schedule
from residency.scheduling.exact_moves import Moves
from residency.scheduling.problem import NOTHING, RepairProblem

_BACKUP = ROLE_CODES[CoverageRole.BACKUP]
_EVENING, _MORNING = 19 * 60, 7 * 60
_MINUTES = 24 * 60
"""Of a day."""

_A_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_TINY = 1e-6

_IN_WINDOWS = frozenset({HOURS_80, FREE_DAY})
"""Rules of fixed windows: a finding of theirs is of the same window whatever the work."""


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
    was_broken: Callable[[Finding], bool],
) -> Cut | None:
    """The row that a schedule breaks by a finding; None where no move has a part in it.

    More work never cures what less work breaks, so whatever contains the work that made the finding makes it
    too. Hours are cut by their sum, everything else by the half-days worked around the window.

    That does not hold of a stretch of work that broke the rule before: less work may let it begin at another
    instant, which is a new finding, and the same work with more makes the one that was there. Of these no
    more is forbidden than what the person does in this very schedule.

    Args:
        problem: the schedule to be repaired.
        moves: those of the model.
        schedule: what was judged.
        finding: a must rule newly broken in it.
        excess_before: tells how far beyond the limit the same window was before, 0 when within it.
        was_broken: tells whether the person broke the same rule before, in any window.
    """
    if finding.rule == SUPERVISION:
        return None
    person = problem.snapshot.person_ids.index(finding.person)
    first, last = (date.fromisoformat(at[:10]) for at in (finding.window_start, finding.window_end))
    around = _own(problem, moves, person, first - _A_DAY, last + _A_DAY)
    made = moves.made_in(*schedule)
    if not made[around].any():
        return None
    if finding.rule not in _IN_WINDOWS and was_broken(finding):
        return _repetition_cut(moves, person, made)
    week = _Week(problem, moves, person)
    if finding.rule == HOURS_80 and week.adds_up(around, first, last):
        inside = _own(problem, moves, person, first, last)
        countable = (last - first).days - finding.leave_half_days / 2
        excess = abs(finding.value - finding.limit) - excess_before(finding)
        return week.hours_cut(inside, made[inside], 60 * excess * countable / 7)
    return week.cover_cut(around, schedule)


def _repetition_cut(moves: Moves, person: int, made: NDArray[np.bool_]) -> Cut:
    """Not all of a person's half-days the same again."""
    own = np.flatnonzero(moves.person == person)
    elsewhere = ~np.isin(moves.block[own], moves.block[own[made[own]]])
    coefficients = made[own].astype(np.int64) - elsewhere
    used = coefficients != 0
    return Cut(own[used].astype(np.int64), coefficients[used], int(made[own].sum()) - 1)


def _own(problem: RepairProblem, moves: Moves, person: int, first: date, end: date) -> NDArray[np.intp]:
    """A person's moves (indices) on the days ``[first, end)``."""
    start = problem.snapshot.period.start
    inside = (moves.block >= 2 * (first - start).days) & (moves.block < 2 * (end - start).days)
    return np.flatnonzero(inside & (moves.person == person))


class _Week:
    """The work of one person's moves."""

    def __init__(self, problem: RepairProblem, moves: Moves, person: int) -> None:
        self._problem, self._moves, self._person = problem, moves, person

    def adds_up(self, which: NDArray[np.intp], first: date, end: date) -> bool:
        """Whether minutes of the half-days simply add up.

        They do where mornings end before afternoons and nights are apart, and where nothing that stays as it
        is on the days ``[first, end)`` or the days around them lies over any of it.
        """
        blocks = np.unique(self._moves.block[which]).tolist()
        found = [(block, self._left(block)) for block in blocks]
        found += [(int(self._moves.block[move]), self._work(move)) for move in which.tolist()]
        found = [(block, work) for block, work in found if work is not _NO_WORK]
        noon = min((work.start for block, work in found if block % 2), default=_EVENING)
        return (
            all(work.kind is not ServiceKind.NIGHT_FLOAT and work.start >= _MORNING for _, work in found)
            and all(work.end <= (_EVENING if block % 2 else noon) for block, work in found)
            and not self._lies_over(
                {
                    (block // 2 * _MINUTES + work.start, block // 2 * _MINUTES + work.end)
                    for block, work in found
                },
                [*self._kept(set(blocks), first, end), *self._calls(first, end)],
            )
        )

    @staticmethod
    def _lies_over(spans: Iterable[tuple[int, int]], others: Sequence[tuple[int, int]]) -> bool:
        return any(start < last and begin < end for start, end in spans for begin, last in others)

    def _kept(self, moving: set[int], first: date, end: date) -> Iterable[tuple[int, int]]:
        """Work of half-days without a move, and of the days around the period; minutes of the period."""
        rows, period = self._problem.program.assignments, self._problem.snapshot.period
        day = (rows.day - np.datetime64(period.start, "D")).astype(np.int64)
        near = (day >= (first - period.start).days - 2) & (day <= (end - period.start).days + 1)
        outside = (day < 0) | (day >= period.days)
        for row in np.flatnonzero(near & outside & (rows.person == self._person)).tolist():
            block = int(2 * day[row] + rows.half[row])
            yield self._span(block, self._of(int(rows.service[row]), int(rows.role[row]), block))
        last = min(2 * ((end - period.start).days + 1), period.blocks)
        for block in range(max(2 * ((first - period.start).days - 2), 0), last):
            if block not in moving:
                yield self._span(block, self._left(block))

    @staticmethod
    def _span(block: int, work: _Work) -> tuple[int, int]:
        # Hours past midnight may be an hour off on the nights on which the clocks change.
        late = 60 if work.end > _MINUTES and work.kind is not ServiceKind.NIGHT_FLOAT else 0
        return block // 2 * _MINUTES + work.start, block // 2 * _MINUTES + work.end + late

    def _calls(self, first: date, end: date) -> Iterable[tuple[int, int]]:
        """Call in house that the person has, or may be given; minutes of the period."""
        problem, program = self._problem, self._problem.program
        own = program.people[self._person]
        lost = np.flatnonzero(problem.disruption.lost.any(axis=1)).tolist()
        givers = {program.people[each].id for each in lost if program.people[each].type is own.type}
        zone = ZoneInfo(program.timezone)
        midnight = datetime.combine(problem.snapshot.period.start, time())
        for shift in program.call_shifts:
            if shift.in_house and (shift.person == own.id or shift.person in givers):
                begin, until = (at.astimezone(zone).replace(tzinfo=None) for at in (shift.start, shift.end))
                if first - _A_DAY <= until.date() and begin.date() <= end:
                    yield (begin - midnight) // _MINUTE, (until - midnight) // _MINUTE

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
