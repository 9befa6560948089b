"""Call of people who are lost, handed to somebody of their kind who can take it and rest after it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from residency.program.availability import availability
from residency.program.calendar import HALF_DAY_STARTS_MINUTES
from residency.program.records import CallShift, Person
from residency.program.vocabulary import FacultyRole, PersonType, ServiceKind
from residency.scheduling.duty_gate import DutyGate
from residency.scheduling.matching import HalfDay, Limits
from residency.scheduling.problem import NOTHING, RepairProblem
from residency.scheduling.repaired import CallMove

_BETWEEN_NIGHTS = timedelta(hours=24)
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
    book, working = _Book(problem), problem
    moves: tuple[CallMove, ...] = ()
    resting = np.zeros(problem.present.shape, np.bool_)
    shifts = problem.program.call_shifts
    for number in sorted(book.lost(), key=lambda each: (shifts[each].start, each)):
        taker = None
        for person in book.candidates(number, working):
            rest = resting.copy()
            rest[person, book.rest(number)] = True
            trial = problem.resting(rest)
            if _costs_no_slot(working, trial, person, book.rest(number)) and not gate.breaks(
                person, trial.service_left, trial.role_left, (*moves, CallMove(number, person))
            ):
                taker, working, resting = person, trial, rest
                book.give(number, person)
                break
        moves = (*moves, CallMove(number, taker))
    return moves, working


def with_calls(problem: RepairProblem, calls: Sequence[CallMove]) -> RepairProblem:
    """The problem with the takers of some call shifts at rest after them."""
    book = _Book(problem)
    rest = np.zeros(problem.present.shape, np.bool_)
    for move in calls:
        if move.to is not None:
            rest[move.to, book.rest(move.shift)] = True
    return problem.resting(rest)


def _costs_no_slot(before: RepairProblem, after: RepairProblem, person: int, rest: NDArray[np.intp]) -> bool:
    """Whether as many slots can be filled, and as protected ones, when somebody rests in some half-days."""
    here = person, rest
    working: list[int] = rest[np.flatnonzero(before.present[here])].tolist()
    return all(_empty_value(after, block) <= _empty_value(before, block) for block in working)


def _empty_value(problem: RepairProblem, block: int) -> int:
    """What the slots cost that stay empty in a half-day however people are moved."""
    nobody = np.zeros(len(problem.present), np.bool_)
    barred = np.zeros((len(problem.snapshot.locations), len(nobody)), np.bool_)
    half_day = HalfDay(problem, block, Limits(nobody, nobody, barred), nobody.astype(np.int64))
    half_day.fill()
    return int((half_day.empty * half_day.value).sum())


@dataclass(frozen=True, slots=True)
class _Held:
    """One call shift of somebody, in UTC: Python compares two times of one zone by the clock on the wall."""

    start: datetime
    end: datetime
    in_house: bool

    @classmethod
    def of(cls, shift: CallShift) -> "_Held":
        return cls(shift.start.astimezone(UTC), shift.end.astimezone(UTC), shift.in_house)

    def clashes(self, other: "_Held") -> bool:
        """Whether one person cannot have both: they overlap, or are in house on nights that follow."""
        between = _BETWEEN_NIGHTS if self.in_house and other.in_house else timedelta()
        return self.start < other.end + between and other.start < self.end + between


class _Book:
    """Who has which call, while it changes hands."""

    def __init__(self, problem: RepairProblem) -> None:
        program, self._problem = problem.program, problem
        self._row = {person.id: row for row, person in enumerate(program.people)}
        self._zone = ZoneInfo(program.timezone)
        self._rest: dict[int, NDArray[np.intp]] = {}
        self._held: list[list[_Held]] = [[] for _ in program.people]
        for shift in program.call_shifts:
            self._held[self._row[shift.person]].append(_Held.of(shift))

    def lost(self) -> Iterator[int]:
        """Call shifts (indices) that begin in the period and whose person is then lost."""
        lost, blocks = self._problem.disruption.lost, self._problem.snapshot.period.blocks
        losing = set(np.flatnonzero(lost.any(axis=1)).tolist())
        for number, shift in enumerate(self._problem.program.call_shifts):
            person = self._row[shift.person]
            if person in losing:
                first, last = self._half_days(shift)
                if 0 <= first < blocks and lost[person, first : last + 1].any():
                    yield number

    def _half_days(self, shift: CallShift) -> tuple[int, int]:
        """The half-days in which a shift starts and ends; they may lie outside the period."""
        first, last = (self._half_day(each.astimezone(self._zone)) for each in (shift.start, shift.end))
        return first, last

    def _half_day(self, local: datetime) -> int:
        day = (local.date() - self._problem.snapshot.period.start).days
        return 2 * day + (60 * local.hour + local.minute >= HALF_DAY_STARTS_MINUTES[1])

    def candidates(self, number: int, working: RepairProblem) -> list[int]:
        """Who could take a shift, the best first."""
        program, rest = self._problem.program, self.rest(number)
        shift = program.call_shifts[number]
        weekday = shift.start.astimezone(self._zone).weekday()

        def order(person: int) -> tuple[bool, int, float, bool, int]:
            who = program.people[person]
            return (
                who.faculty_role in _AVOIDING and weekday == _TUESDAY,
                int((working.service_left[person, rest] != NOTHING).sum()),
                len(self._held[person]) / who.fte,
                not (who.faculty_role is FacultyRole.DEPT_CHIEF and weekday == _WEDNESDAY),
                person,
            )

        able = (person for person in range(len(program.people)) if self._may_take(number, person, working))
        return sorted(able, key=order)

    def _may_take(self, number: int, person: int, working: RepairProblem) -> bool:
        program = self._problem.program
        shift, who = program.call_shifts[number], program.people[person]
        owner = self._row[shift.person]
        first, last = self._half_days(shift)
        first_day = slice(2 * (first // 2), 2 * (first // 2) + 2)
        held = _Held.of(shift)
        return (
            who.type is program.people[owner].type
            and who.type in _ON_CALL
            and who.faculty_role is not FacultyRole.ADJUNCT
            and who.fte > 0
            and self._year(person, first) >= self._year(owner, first)
            and bool(working.present[person, first : last + 1].all())
            and not self._night[working.service_left[person, first_day]].any()
            and not self._is_bound(number, person, working)
            and not any(held.clashes(other) for other in self._held[person])
        )

    def _year(self, person: int, block: int) -> int:
        """The post-graduate year of a resident in a half-day, 0 of others."""
        snapshot = self._problem.snapshot
        return int(snapshot.pgy[person, snapshot.block_year[block]])

    @cached_property
    def _night(self) -> NDArray[np.bool_]:
        """Which services are night float; the last entry stands for NOTHING."""
        services = self._problem.program.services
        return np.array([each.kind is ServiceKind.NIGHT_FLOAT for each in services] + [False], np.bool_)

    def _is_bound(self, number: int, person: int, working: RepairProblem) -> bool:
        """Whether a locked assignment keeps somebody from a shift in house or from the rest after it."""
        here = person, self.rest(number)
        locked = working.fixed[here] & working.present[here] & (working.service_left[here] != NOTHING)
        return bool(locked.any())

    def rest(self, number: int) -> NDArray[np.intp]:
        """Half-days that a shift and the rest after it take from whoever has it."""
        if number not in self._rest:
            program, period = self._problem.program, self._problem.snapshot.period
            shift = program.call_shifts[number]
            anybody = Person(shift.person, "", PersonType.FACULTY)
            free = availability(period, program.timezone, (anybody,), {shift.person: 0}, (), (shift,))
            self._rest[number] = np.flatnonzero(~free[0])
        return self._rest[number]

    def give(self, number: int, person: int) -> None:
        """Let somebody have a shift."""
        self._held[person].append(_Held.of(self._problem.program.call_shifts[number]))
