"""Call of people who are lost, handed to somebody of their kind who can take it and rest after it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from residency.program.availability import availability
from residency.program.calendar import HALF_DAY_STARTS_MINUTES
from residency.program.records import Person
from residency.program.vocabulary import FacultyRole, PersonType, ServiceKind
from residency.scheduling.duty_gate import DutyGate
from residency.scheduling.problem import NOTHING, RepairProblem
from residency.scheduling.repaired import CallMove
from residency.scheduling.reserves import Reserve

_BETWEEN_NIGHTS = np.timedelta64(24, "h")
"""Two shifts in house with less than this between them follow one another."""

_ON_CALL = frozenset({PersonType.FACULTY, PersonType.RESIDENT})
_TUESDAY, _WEDNESDAY = 1, 2
_AVOIDING = frozenset({FacultyRole.PD, FacultyRole.APD})


def cover_calls(problem: RepairProblem, gate: DutyGate) -> tuple[tuple[CallMove, ...], RepairProblem]:
    """Hand the call shifts of the lost to others, in the order in which they begin.

    A shift goes to a faculty member for faculty, and for a resident to a resident of the same year or above;
    adjunct faculty take none. Who takes it is neither lost nor absent, has no call that overlaps it, none in
    house on the night before or after it, and no night duty then; the rest after it empties no slot that
    cannot be filled again, and breaks no must rule. Of those it is whoever gives up least work for the rest,
    then whoever has the least call for their FTE; program directors and their associates are spared Tuesdays,
    and department chiefs are rather given Wednesdays.

    Returns:
        what becomes of each shift, and the problem with the takers at rest after call.
    """
    book = _Book(problem)
    reserve = cache(partial(Reserve, problem))
    moves: tuple[CallMove, ...] = ()
    for number in book.lost:
        taker = None
        for person in book.candidates(number):
            working = book.working(number, person)
            if all(reserve(block).can_spare(person) for block in working) and not book.breaks(
                gate, number, person, moves
            ):
                taker = person
                book.give(number, person)
                for block in working:
                    reserve(block).release(person)
                break
        moves = (*moves, CallMove(number, taker))
    return moves, with_calls(problem, moves)


def with_calls(problem: RepairProblem, calls: Sequence[CallMove]) -> RepairProblem:
    """The problem with the takers of some call shifts at rest after them."""
    rests = _rests(problem, [move.shift for move in calls])
    rest = np.zeros(problem.present.shape, np.bool_)
    for move in calls:
        if move.to is not None:
            rest[move.to, rests[move.shift]] = True
    return problem.resting(rest)


class _Book:
    """Who has which call and who works when, while call changes hands."""

    def __init__(self, problem: RepairProblem) -> None:
        program, self._problem = problem.program, problem
        self._row = {person.id: row for row, person in enumerate(program.people)}
        self._zone = ZoneInfo(program.timezone)
        self._present = problem.present.copy()
        self._service, self._role = problem.service_left.copy(), problem.role_left.copy()
        shifts = program.call_shifts
        self._shift_owner = np.array([self._row[shift.person] for shift in shifts], np.intp)
        # In UTC: Python compares two times of one zone by the clock on the wall.
        self._start = _instants([shift.start for shift in shifts])
        self._end = _instants([shift.end for shift in shifts])
        self._in_house = np.array([shift.in_house for shift in shifts], np.bool_)
        self._held_by, self._held = self._shift_owner, np.arange(len(shifts))

    @cached_property
    def lost(self) -> list[int]:
        """Call shifts (indices) that begin in the period and whose person is then lost, as they begin."""
        losing = np.array(self._problem.disruption.lost.any(axis=1), np.bool_)
        numbers = np.flatnonzero(losing[self._shift_owner]).tolist()
        shifts = self._problem.program.call_shifts
        found = [number for number in numbers if self._is_lost(number)]
        return sorted(found, key=lambda each: (shifts[each].start, each))

    def _is_lost(self, number: int) -> bool:
        first, last = self._half_days(number)
        lost = self._problem.disruption.lost[self._shift_owner[number], max(first, 0) : last + 1]
        return 0 <= first < self._problem.snapshot.period.blocks and bool(lost.any())

    def _half_days(self, number: int) -> tuple[int, int]:
        """The half-days in which a shift starts and ends; they may lie outside the period."""
        shift = self._problem.program.call_shifts[number]
        first, last = (self._half_day(each.astimezone(self._zone)) for each in (shift.start, shift.end))
        return first, last

    def _half_day(self, local: datetime) -> int:
        day = (local.date() - self._problem.snapshot.period.start).days
        return 2 * day + (60 * local.hour + local.minute >= HALF_DAY_STARTS_MINUTES[1])

    def candidates(self, number: int) -> list[int]:
        """Who could take a shift, the best first."""
        shift = self._problem.program.call_shifts[number]
        weekday = shift.start.astimezone(self._zone).weekday()
        able = np.flatnonzero(self._may_take(number))
        calls = np.bincount(self._held_by, minlength=len(self._present))[able]
        given_up = (self._service[np.ix_(able, self.rest(number))] != NOTHING).sum(axis=1)
        avoiding = self._avoiding[able] & (weekday == _TUESDAY)
        preferring = self._chief[able] & (weekday == _WEDNESDAY)
        best = np.lexsort((~preferring, calls / self._problem.snapshot.fte[able], given_up, avoiding))
        return able[best].tolist()

    def _may_take(self, number: int) -> NDArray[np.bool_]:
        """Who could take a shift, shape (P,)."""
        owner, snapshot = self._shift_owner[number], self._problem.snapshot
        first, last = self._half_days(number)
        first_day = slice(2 * (first // 2), 2 * (first // 2) + 2)
        year = snapshot.pgy[:, snapshot.block_year[first]]
        return (
            self._takes_call
            & (self._type == self._type[owner])
            & (year >= year[owner])
            & self._present[:, first : last + 1].all(axis=1)
            & ~self._night[self._service[:, first_day]].any(axis=1)
            & ~self._bound(number)
            & ~self._clashing(number)
        )

    @cached_property
    def _type(self) -> NDArray[np.int8]:
        """A number for the type of each person, shape (P,)."""
        types = list(PersonType)
        return np.array([types.index(who.type) for who in self._problem.program.people], np.int8)

    @cached_property
    def _takes_call(self) -> NDArray[np.bool_]:
        return np.array(
            [
                who.type in _ON_CALL and who.faculty_role is not FacultyRole.ADJUNCT and who.fte > 0
                for who in self._problem.program.people
            ],
            np.bool_,
        )

    @cached_property
    def _avoiding(self) -> NDArray[np.bool_]:
        return np.array([who.faculty_role in _AVOIDING for who in self._problem.program.people], np.bool_)

    @cached_property
    def _chief(self) -> NDArray[np.bool_]:
        people = self._problem.program.people
        return np.array([who.faculty_role is FacultyRole.DEPT_CHIEF for who in people], np.bool_)

    @cached_property
    def _night(self) -> NDArray[np.bool_]:
        """Which services are night float; the last entry stands for NOTHING."""
        services = self._problem.program.services
        return np.array([each.kind is ServiceKind.NIGHT_FLOAT for each in services] + [False], np.bool_)

    def _bound(self, number: int) -> NDArray[np.bool_]:
        """Whom a locked assignment keeps from a shift in house or from the rest after it, shape (P,)."""
        rest = self.rest(number)
        locked = self._problem.fixed[:, rest] & self._present[:, rest] & (self._service[:, rest] != NOTHING)
        return np.array(locked.any(axis=1), np.bool_)

    def _clashing(self, number: int) -> NDArray[np.bool_]:
        """Who has call that overlaps a shift, or is in house on nights that follow, shape (P,)."""
        held, both = self._held, self._in_house[self._held] & self._in_house[number]
        between = np.where(both, _BETWEEN_NIGHTS, np.timedelta64(0, "us"))
        clash = self._start[number] < self._end[held] + between
        clash &= self._start[held] < self._end[number] + between
        clashing = np.zeros(len(self._present), np.bool_)
        clashing[self._held_by[clash]] = True
        return clashing

    def rest(self, number: int) -> NDArray[np.intp]:
        """Half-days that a shift and the rest after it take from whoever has it."""
        return self._rests[number]

    @cached_property
    def _rests(self) -> dict[int, NDArray[np.intp]]:
        """What :meth:`rest` tells of each shift of the lost."""
        return _rests(self._problem, self.lost)

    def working(self, number: int, person: int) -> list[int]:
        """Half-days in which somebody could work but for a shift."""
        rest = self.rest(number)
        return rest[self._present[person, rest]].tolist()

    def breaks(self, gate: DutyGate, number: int, person: int, moves: Sequence[CallMove]) -> bool:
        """Whether somebody newly breaks a must rule who takes a shift after those that have changed hands."""
        service, role, rest = self._service.copy(), self._role.copy(), self._free(number, person)
        service[person, rest] = role[person, rest] = NOTHING
        return gate.breaks(person, service, role, (*moves, CallMove(number, person)))

    def _free(self, number: int, person: int) -> NDArray[np.intp]:
        """Half-days of the rest after a shift in which somebody's assignment can be taken from them."""
        rest = self.rest(number)
        return rest[~self._problem.fixed[person, rest]]

    def give(self, number: int, person: int) -> None:
        """Let somebody have a shift, and rest after it."""
        free = self._free(number, person)
        self._service[person, free] = self._role[person, free] = NOTHING
        self._present[person, self.rest(number)] = False
        self._held = np.append(self._held, number)
        self._held_by = np.append(self._held_by, person)


def _instants(times: Sequence[datetime]) -> NDArray[np.datetime64]:
    """Instants in UTC."""
    return np.array([each.astimezone(UTC).replace(tzinfo=None) for each in times], "datetime64[us]")


def _rests(problem: RepairProblem, numbers: Sequence[int]) -> dict[int, NDArray[np.intp]]:
    """The half-days that call shifts and the rest after them take from whoever has them."""
    program, period = problem.program, problem.snapshot.period
    shifts = [replace(program.call_shifts[number], person=str(number)) for number in numbers]
    anybody = [Person(shift.person, "", PersonType.FACULTY) for shift in shifts]
    row = {shift.person: at for at, shift in enumerate(shifts)}
    free = availability(period, program.timezone, anybody, row, (), shifts)
    return {number: np.flatnonzero(~free[at]) for at, number in enumerate(numbers)}
