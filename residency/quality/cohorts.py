"""Who is compared with whom: residents of one post-graduate year, faculty of one role."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.availability import availability
from residency.program.calendar import Period
from residency.program.records import Person, Program
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import UNAVAILABLE_KINDS, PersonType


@dataclass(frozen=True, slots=True)
class Members:
    """The people of all cohorts, M of them, in the order of the program's people.

    ``row`` indexes the program's people, ``cohort`` names each one's cohort, ``available`` is the share of
    the period's half-days that neither absence, recovery nor dates of service take away; shapes (M,).
    """

    row: NDArray[np.intp]
    cohort: tuple[str, ...]
    fte: NDArray[np.float64]
    available: NDArray[np.float64]

    @property
    def weight(self) -> NDArray[np.float64]:
        """FTE x share of the period available; shape (M,)."""
        return self.fte * self.available


def members(program: Program, snapshot: Snapshot) -> Members:
    """Residents and faculty who serve on at least one day of the snapshot's period.

    A resident's year is the one that holds most of the period, the earlier of two equal ones. Call, and the
    rest after it, is load and not absence: it leaves a person as available as before.
    """
    period = snapshot.period
    served = [row for row, person in enumerate(program.people) if _serves(person, period)]
    rows = served if period.days else []
    index = np.array(rows, np.intp)
    year = int(np.bincount(snapshot.block_year, minlength=1).argmax())
    return Members(
        row=index,
        cohort=tuple(_cohort(program.people[row], snapshot, row, year) for row in rows),
        fte=snapshot.fte[index],
        available=_share_available(program, snapshot)[index],
    )


def _serves(person: Person, period: Period) -> bool:
    if person.type not in (PersonType.RESIDENT, PersonType.FACULTY):
        return False
    begun = person.active_from is None or person.active_from < period.end
    return begun and (person.active_to is None or person.active_to >= period.start)


def _cohort(person: Person, snapshot: Snapshot, row: int, year: int) -> str:
    if person.type is PersonType.RESIDENT:
        return f"PGY-{int(snapshot.pgy[row, year])}"
    return f"faculty {person.faculty_role.replace('_', ' ')}" if person.faculty_role else "faculty"


def _share_available(program: Program, snapshot: Snapshot) -> NDArray[np.float64]:
    """Share of the period's half-days at which each person can work, call aside; shape (P,)."""
    index = {person.id: row for row, person in enumerate(program.people)}
    can = availability(snapshot.period, program.timezone, program.people, index, program.absences, ())
    away = np.array([service.kind in UNAVAILABLE_KINDS for service in program.services], np.bool_)
    rows = np.flatnonzero(away[snapshot.assignment_service])
    can[snapshot.assignment_person[rows], snapshot.assignment_block[rows]] = False
    return can.sum(axis=1) / max(snapshot.period.blocks, 1)
