"""One person away for some days: the schedule with and without them, from which every question starts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from difflib import get_close_matches
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from residency.acgme.rules import RuleSet
from residency.errors import InvalidInputError, NotFoundError
from residency.program.availability import absence_blocks, recovery_blocks
from residency.program.calendar import Period, academic_block, academic_year
from residency.program.records import Absence, CallShift, Person, Program
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import EFFECTIVE_ABSENCE_STATUSES, RECOVERY_DAYS, AbsenceType, Half
from residency.quality.conflicts_call import CallBook
from residency.quality.conflicts_scene import Scene, days_label
from residency.scheduling.problem import Disruption, RepairProblem

LONGEST_DAYS = 366
"""More days away than a year are asked for by mistake."""

Naming = Literal["id", "pseudonym"]
"""How people are shown: by the program's own ids inside the application, by pseudonym outside."""

REACH_DAYS = 31
"""The longest averaging window: what is taken over today may break one that ends so many days later."""

_DAY = timedelta(days=1)


def absence_days(start: date, last: date, kind: AbsenceType) -> Period:
    """The days of an absence from its first to its last, with the recovery owed after it.

    Raises:
        InvalidInputError: if they end before they begin, or are more than a year.
    """
    if last < start:
        raise InvalidInputError("to", last.isoformat(), f"a day that is not before {start}")
    if (last - start).days >= LONGEST_DAYS:
        raise InvalidInputError("to", last.isoformat(), f"at most {LONGEST_DAYS} days from {start} on")
    return Period(start, last + _DAY * (1 + RECOVERY_DAYS.get(kind, 0)))


def scope_of(days: Period) -> Period:
    """The half-days that an absence can touch: its eve, its days, and those that rest after call takes."""
    return Period(days.start - _DAY, days.end + 2 * _DAY)


def window_of(days: Period) -> Period:
    """The academic blocks that some days touch, whole: hours and fairness are counted over them.

    The few days before the first Thursday of July belong to the block after them.
    """
    start, end = days.start, days.end
    while _same_block(start - _DAY, days.start):
        start -= _DAY
    while _same_block(end, days.end - _DAY):
        end += _DAY
    return Period(start, end)


def loading_period(days: Period) -> Period:
    """The days whose schedule must be known, with the usual margin around them."""
    scope, window = scope_of(days), window_of(days)
    return Period(min(scope.start, window.start), max(scope.end + REACH_DAYS * _DAY, window.end))


def _same_block(day: date, other: date) -> bool:
    same_year = academic_year(day) == academic_year(other)
    return same_year and max(academic_block(day), 1) == max(academic_block(other), 1)


def find_person(program: Program, person: str, naming: Naming = "id") -> int:
    """The row of a person by id or pseudonym.

    Raises:
        NotFoundError: telling what comes near, people named as asked for.
    """
    for row, each in enumerate(program.people):
        if person in (each.id, each.pseudonym):
            return row
    known = [shown(each, naming) for each in program.people]
    near = get_close_matches(person, known, n=3)
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    raise NotFoundError(f"nobody in the program has the id or pseudonym {person!r}{meant}")


def shown(person: Person, naming: Naming) -> str:
    """What a person is called."""
    return person.id if naming == "id" else person.pseudonym or person.id


@dataclass(frozen=True)
class AbsenceCase:
    """A schedule and one person who is not there for some days.

    ``planned`` is the program as if that person were at work on those days, ``away`` the same with the
    absence and without the call that it opens. Both have the same people, services and assignments; the
    assignments reach from at least 31 days before the days to 31 days after them. ``covered`` are the days
    for which a schedule speaks.
    """

    planned: Program
    away: Program
    person: int
    absence: Absence
    rules: RuleSet
    covered: tuple[Period, ...]
    recorded: tuple[Absence, ...]
    """Absences of the person that are recorded for those days already; in ``planned`` they are taken back."""
    before: Snapshot
    """The scope as planned."""
    book: CallBook
    """Everybody's call as planned."""
    open_shifts: tuple[CallShift, ...]
    """Call that the absence opens, also in the night before its first day and in the recovery after it."""

    @classmethod
    def of(
        cls,
        program: Program,
        person: str,
        days: tuple[date, date],
        rules: RuleSet,
        covered: Sequence[Period],
        kind: AbsenceType = AbsenceType.VACATION,
        *,
        naming: Naming = "id",
    ) -> "AbsenceCase":
        """The case of a person by id or pseudonym, away from the first to the last of two days.

        Raises:
            InvalidInputError: for days that nobody can mean.
            NotFoundError: for an unknown person.
        """
        start, last = days
        scope = scope_of(absence_days(start, last, kind))
        row = find_person(program, person, naming)
        absence = Absence(program.people[row].id, start, last, kind)
        kept, recorded = _taken_back(program, absence)
        planned = replace(program, absences=kept)
        before = covered_snapshot(planned, scope, covered)
        book = CallBook(Scene.of(planned, before, scope))
        back = book.end(absence, RECOVERY_DAYS.get(kind, 0))
        shifts = tuple(book.within(absence.person, book.eve(absence), back))
        held = frozenset(shifts)
        away = replace(
            planned,
            absences=(*kept, absence),
            call_shifts=tuple(shift for shift in planned.call_shifts if shift not in held),
        )
        return cls(planned, away, row, absence, rules, tuple(covered), recorded, before, book, shifts)

    @property
    def days(self) -> Period:
        """The days on which the person is away or recovers."""
        return absence_days(self.absence.start_date, self.absence.end_date, self.absence.type)

    @property
    def scope(self) -> Period:
        """The half-days looked at, see :func:`scope_of`."""
        return scope_of(self.days)

    @property
    def window(self) -> Period:
        """The days over which hours and fairness are counted, see :func:`window_of`."""
        return window_of(self.days)

    @cached_property
    def after(self) -> Snapshot:
        """The scope with the person away and nothing done about it."""
        return covered_snapshot(self.away, self.scope, self.covered)

    @cached_property
    def lost(self) -> NDArray[np.bool_]:
        """(P, B) half-days of the scope that the absence takes from the person."""
        first, end = absence_blocks(self.scope, self.absence)
        lost = np.zeros(self.before.available.shape, np.bool_)
        lost[self.person, first : end + recovery_blocks(self.absence)] = True
        return lost

    @cached_property
    def problem(self) -> RepairProblem:
        """What is to be repaired: only slots that are filled as planned are asked for."""
        asked = Disruption(self.lost, self.before.filled, np.zeros(len(self.planned.services), np.bool_))
        return RepairProblem.of(self.planned, self.before, asked, self.rules, self.covered)


def covered_snapshot(program: Program, period: Period, covered: Sequence[Period]) -> Snapshot:
    """The snapshot of a period that asks for nobody on days for which no schedule speaks."""
    snapshot = Snapshot.of(program, period)
    spoken = np.zeros(period.blocks, np.bool_)
    for days in covered:
        first, end = (2 * (day - period.start).days for day in (days.start, days.end))
        spoken[max(first, 0) : max(end, 0)] = True
    return replace(snapshot, demand=np.where(spoken, snapshot.demand, 0).astype(np.int16))


def _taken_back(program: Program, absence: Absence) -> tuple[tuple[Absence, ...], tuple[Absence, ...]]:
    """All absences without the days of the given one, and those of its person that had some of them."""
    kept: list[Absence] = []
    recorded: list[Absence] = []
    for each in program.absences:
        effective = each.person == absence.person and each.status in EFFECTIVE_ABSENCE_STATUSES
        if not effective or each.end_date < absence.start_date or each.start_date > absence.end_date:
            kept.append(each)
            continue
        recorded.append(each)
        if each.start_date < absence.start_date:
            kept.append(replace(each, end_date=absence.start_date - _DAY, end_half=Half.PM))
        if each.end_date > absence.end_date:
            kept.append(replace(each, start_date=absence.end_date + _DAY, start_half=Half.AM))
    return tuple(kept), tuple(recorded)


def labels_of(case: AbsenceCase, naming: Naming) -> tuple[str, ...]:
    """What everybody is called."""
    return tuple(shown(each, naming) for each in case.planned.people)


def notes_of(case: AbsenceCase, naming: Naming) -> tuple[str, ...]:
    """What a reader should know: days without a schedule, absences that are recorded already."""
    label, notes = labels_of(case, naming)[case.person], list[str]()
    asked = [case.absence.start_date + timedelta(days=day) for day in range(case.days.days)]
    silent = [day for day in asked if not any(day in days for days in case.covered)]
    if silent:
        count = "1 day has" if len(silent) == 1 else f"{len(silent)} days have"
        notes.append(
            f"{count} no published schedule and cannot be judged, {days_label(silent[0], silent[-1])}"
        )
    notes += [
        f"{label} is recorded as away {days_label(each.start_date, each.end_date)} already; "
        "told is what that opens, compared with being at work"
        for each in case.recorded
    ]
    return tuple(notes)
