"""What every kind of conflict is looked for in: the schedule with and without its absences, side by side."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from residency.program.availability import absence_blocks, recovery_blocks
from residency.program.calendar import Period
from residency.program.records import ROLE_CODES, Absence, Program, Service
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import EFFECTIVE_ABSENCE_STATUSES, CoverageRole, PersonType, ServiceKind
from residency.quality.conflicts_results import Slot
from residency.resilience.pairs import ranges


@dataclass(frozen=True)
class Held:
    """Assignments that lie in spans of time: which span, and which row of the snapshot; shape (M,) each."""

    span: NDArray[np.int64]
    row: NDArray[np.int64]

    def where(self, rows: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
        """The (span, row) of those rows that are marked; ``rows`` has shape (N,)."""
        kept = rows[self.row]
        return zip(self.span[kept].tolist(), self.row[kept].tolist(), strict=True)


@dataclass(frozen=True)
class Scene:
    """A program, its snapshot, and the same as if nobody were absent.

    ``first`` and ``end`` bound the half-days of the snapshot that are looked at. ``planned`` is the
    snapshot of the same program without any absence; its rows are the snapshot's, in the same order, so
    that what an absence takes away is the difference of two columns.
    """

    program: Program
    snapshot: Snapshot
    planned: Snapshot
    first: int
    end: int
    absences: tuple[Absence, ...]
    """The effective ones, each once."""

    @classmethod
    def of(cls, program: Program, snapshot: Snapshot, period: Period) -> "Scene":
        """The scene of the days of a period that the snapshot shows."""
        window = snapshot.period
        start = min(max(period.start, window.start), window.end)
        end = max(min(period.end, window.end), start)
        planned = replace(
            Snapshot.of(replace(program, absences=()), window),
            demand=snapshot.demand,  # some of its days may ask for nobody, as no schedule speaks of them
        )
        effective = (each for each in program.absences if each.status in EFFECTIVE_ABSENCE_STATUSES)
        return cls(
            program=program,
            snapshot=snapshot,
            planned=planned,
            first=2 * (start - window.start).days,
            end=2 * (end - window.start).days,
            absences=tuple(dict.fromkeys(effective)),
        )

    @cached_property
    def person_index(self) -> dict[str, int]:
        """The row of each person."""
        return {person: row for row, person in enumerate(self.snapshot.person_ids)}

    @cached_property
    def absence_person(self) -> NDArray[np.int64]:
        """Whose each absence is, shape (A,)."""
        return np.array([self.person_index[absence.person] for absence in self.absences], np.int64)

    @cached_property
    def spans(self) -> NDArray[np.int64]:
        """Of each absence: its first half-day, the one after its last, the one after its recovery; (A, 3)."""
        found = np.zeros((len(self.absences), 3), np.int64)
        for row, absence in enumerate(self.absences):
            first, end = absence_blocks(self.snapshot.period, absence)
            found[row] = first, end, end + recovery_blocks(absence)
        return np.clip(found, self.first, self.end)

    @cached_property
    def away(self) -> Held:
        """Assignments that fall into an absence."""
        return self.held(self.absence_person, self.spans[:, 0], self.spans[:, 1])

    @cached_property
    def recovering(self) -> Held:
        """Assignments that fall into the recovery owed after an absence."""
        return self.held(self.absence_person, self.spans[:, 1], self.spans[:, 2])

    @cached_property
    def lost(self) -> Held:
        """Assignments that fall into an absence or the recovery after it."""
        return self.held(self.absence_person, self.spans[:, 0], self.spans[:, 2])

    def held(self, person: NDArray[np.int64], first: NDArray[np.int64], end: NDArray[np.int64]) -> Held:
        """What people are assigned to in the half-days ``[first, end)``, of those that are looked at."""
        blocks = self.snapshot.period.blocks
        order, keys = self._by_person
        start = np.searchsorted(keys, person * blocks + np.clip(first, self.first, self.end))
        count = np.searchsorted(keys, person * blocks + np.clip(end, self.first, self.end)) - start
        return Held(np.repeat(np.arange(len(person)), count), order[ranges(start, count)])

    @cached_property
    def _by_person(self) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        snapshot = self.snapshot
        keys = snapshot.assignment_person.astype(np.int64) * snapshot.period.blocks
        keys += snapshot.assignment_block
        order = np.argsort(keys, kind="stable")
        return order, keys[order]

    @cached_property
    def duty(self) -> NDArray[np.bool_]:
        """Assignments to something that is duty, shape (N,)."""
        return self.of_services([service.counts_as_duty for service in self.program.services])

    @cached_property
    def call(self) -> NDArray[np.bool_]:
        """Assignments to a call service, shape (N,)."""
        return self.of_services([service.kind is ServiceKind.CALL for service in self.program.services])

    @cached_property
    def inpatient(self) -> NDArray[np.bool_]:
        """Assignments that may make up an inpatient week, see :func:`attending_on_ward`; shape (N,)."""
        rows = self.snapshot
        return attending_on_ward(
            self.program, rows.assignment_person, rows.assignment_service, rows.assignment_role
        )

    def of_services(self, marked: list[bool]) -> NDArray[np.bool_]:
        """Assignments whose service is marked, shape (N,)."""
        return np.array(marked, np.bool_)[self.snapshot.assignment_service]

    @property
    def days(self) -> Period:
        """The days that are looked at."""
        return Period(self.snapshot.period.day(self.first), self.snapshot.period.day(self.end))

    def row_slot(self, row: int) -> Slot:
        """When a row of the snapshot is."""
        return self.block_slot(int(self.snapshot.assignment_block[row]))

    def block_slot(self, block: int) -> Slot:
        """A half-day of the snapshot."""
        return Slot(self.snapshot.period.day(block), self.snapshot.period.half(block))

    def row_service(self, row: int) -> Service:
        """What a row of the snapshot is assigned to."""
        return self.program.services[int(self.snapshot.assignment_service[row])]

    def pseudonym(self, person: str) -> str:
        """How a person is named outside the application."""
        return self.snapshot.pseudonyms[self.person_index[person]]

    def leave_of(self, absence: Absence) -> str:
        """``F-ABCD is away from 3 Mar to 9 Mar``."""
        return f"{self.pseudonym(absence.person)} is away {days_label(absence.start_date, absence.end_date)}"

    def recovery_of(self, absence: Absence) -> str:
        """``in the recovery owed after an absence that ends on 9 Mar``."""
        last = absence.end_date
        return f"in the recovery owed after an absence that ends on {last.day} {last:%b}"


def attending_on_ward(
    program: Program, person: NDArray[np.int32], service: NDArray[np.int32], role: NDArray[np.int8]
) -> NDArray[np.bool_]:
    """Assignments of faculty to an inpatient service, other than as a second line; shapes are equal."""
    ward = np.array([serves_inpatients(each) for each in program.services], np.bool_)
    faculty = np.array([each.type is PersonType.FACULTY for each in program.people], np.bool_)
    if not len(person):
        return np.zeros(0, np.bool_)
    return ward[service] & faculty[person] & (role != ROLE_CODES[CoverageRole.BACKUP])


def serves_inpatients(service: Service) -> bool:
    """Whether a service is inpatient by its kind or its mark."""
    return service.inpatient or service.kind is ServiceKind.INPATIENT


def days_label(start: date, end: date) -> str:
    """``on 3 Mar`` or ``from 3 Mar to 9 Mar``; both days are included."""
    if start == end:
        return f"on {start.day} {start:%b}"
    return f"from {start.day} {start:%b} to {end.day} {end:%b}"


def counted(number: int, noun: str) -> str:
    """``1 half-day``, ``3 half-days``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
