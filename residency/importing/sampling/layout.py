"""Who and what a sample program consists of: clinics, each with its staff, its services and its demand."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from residency.importing.sampling.services import (
    CLOSED_ON_HOLIDAYS,
    OBSTETRICS,
    SPORTS_MEDICINE,
    SampleService,
    clinic_services,
)
from residency.program.calendar import CalendarDay, Period, is_weekend
from residency.program.records import CoverageRequirement, Person, Service
from residency.program.vocabulary import DayType, FacultyRole, Half, PersonType, ServiceKind

CLINIC_PEOPLE = 29
_RESIDENT_SHARE = 17 / 29
CLASSES = 3

_ROLES = (
    FacultyRole.PD,
    FacultyRole.APD,
    FacultyRole.OIC,
    FacultyRole.DEPT_CHIEF,
    FacultyRole.SPORTS_MED,
)
_HOLDERS = {
    OBSTETRICS: (1, 3, 5, 6, 7, 8, 9, 10, 11),
    "colposcopy": (2, 6, 8, 10),
    "vasectomy": (5, 7, 11),
    "skin_surgery": (3, 5, 6, 9, 11),
    "contraception": (1, 6, 7, 8, 10),
    "ultrasound": (1, 5, 8, 9),
    "joint_injection": (4, 6, 7, 9, 10),
}
"""Which of twelve faculty hold a credential; further faculty resemble the seven core members in turn."""

_SPORTS_MEDICINE_HOLDERS = (4, 9)
_CORE = range(5, 12)


@dataclass(frozen=True)
class Layout:
    """A sample program's clinics and days, before anybody is scheduled.

    Shapes: U clinics, R residents and F faculty of a clinic at most, D days. Clinics differ by one person at
    most; ``resident_exists`` and ``faculty_exists`` tell who is there.
    """

    period: Period
    timezone: str
    calendar: tuple[CalendarDay, ...]
    residents: NDArray[np.int64]  # (U,) how many a clinic has
    faculty: NDArray[np.int64]  # (U,)

    @classmethod
    def of(cls, people: int, period: Period, timezone: str, calendar: tuple[CalendarDay, ...]) -> "Layout":
        """The clinics of a program of so many people: one for about 29."""
        clinics = max(1, round(people / CLINIC_PEOPLE))
        residents = round(people * _RESIDENT_SHARE)
        return cls(
            period, timezone, calendar, _shares(residents, clinics), _shares(people - residents, clinics)
        )

    @property
    def clinics(self) -> int:
        """U."""
        return len(self.residents)

    @cached_property
    def resident_exists(self) -> NDArray[np.bool_]:
        """Shape (U, R)."""
        return np.arange(int(self.residents.max())) < self.residents[:, None]

    @cached_property
    def faculty_exists(self) -> NDArray[np.bool_]:
        """Shape (U, F)."""
        return np.arange(int(self.faculty.max())) < self.faculty[:, None]

    @cached_property
    def weekdays(self) -> list[int]:
        """Weekday of every day, 0 Monday."""
        return [(self.period.start.weekday() + day) % 7 for day in range(self.period.days)]

    @cached_property
    def holidays(self) -> list[bool]:
        """Whether a day is a federal holiday."""
        marked = {entry.day for entry in self.calendar if entry.day_type is DayType.FEDERAL_HOLIDAY}
        return [self.period.day(2 * day) in marked for day in range(self.period.days)]

    @cached_property
    def services(self) -> tuple[SampleService, ...]:
        """The services of one clinic; their order gives their codes."""
        return tuple(clinic_services(int(self.residents.max()), int(self.faculty.max())))

    @cached_property
    def code(self) -> dict[str, int]:
        """The code of each abbreviation."""
        return {entry.service.abbreviation: code for code, entry in enumerate(self.services)}

    def holders(self, credential: str) -> NDArray[np.bool_]:
        """Which faculty hold a credential, shape (F,)."""
        return _held_by(_HOLDERS[credential], int(self.faculty.max()))

    def sports_medicine(self) -> NDArray[np.bool_]:
        """Which faculty practise sports medicine, shape (F,)."""
        return _held_by(_SPORTS_MEDICINE_HOLDERS, int(self.faculty.max()))

    def pgy(self) -> NDArray[np.int64]:
        """Class of every resident, shape (U, R); the first classes are the larger ones."""
        place = np.arange(int(self.residents.max()))
        return 1 + np.array(
            [
                np.searchsorted(np.cumsum(_shares(int(count), CLASSES)), place, "right")
                for count in self.residents
            ]
        )

    def role_of(self, position: int) -> FacultyRole:
        """The office of a clinic's faculty member."""
        return _ROLES[position] if position < len(_ROLES) else FacultyRole.CORE


def _shares(total: int, parts: int) -> NDArray[np.int64]:
    return np.array([total // parts + (part < total % parts) for part in range(parts)], np.int64)


def _held_by(holders: tuple[int, ...], faculty: int) -> NDArray[np.bool_]:
    alike = [place if place < 12 else _CORE[(place - 12) % len(_CORE)] for place in range(faculty)]
    return np.isin(alike, holders)


def build_people(layout: Layout) -> tuple[list[Person], list[Person]]:
    """Residents and faculty, clinic by clinic; the names are numbers."""
    width = max(2, len(str(int(layout.residents.sum()))))
    residents = [_resident(f"{number:0{width}}") for number in range(1, int(layout.residents.sum()) + 1)]
    faculty: list[Person] = []
    for count in layout.faculty.tolist():
        for position in range(count):
            faculty.append(_attending(layout, position, f"{len(faculty) + 1:0{width}}"))
    return residents, faculty


def _resident(number: str) -> Person:
    return Person(
        id=f"R{number}",
        name=f"Resident {number}",
        type=PersonType.RESIDENT,
        email=f"r{number}@example.org",
        performs_procedures=True,
    )


def _attending(layout: Layout, position: int, number: str) -> Person:
    credentials = tuple(sorted(name for name in _HOLDERS if layout.holders(name)[position]))
    return Person(
        id=f"F{number}",
        name=f"Attending {number}",
        type=PersonType.FACULTY,
        faculty_role=layout.role_of(position),
        specialties=("family_medicine", *((SPORTS_MEDICINE,) if layout.sports_medicine()[position] else ())),
        credentials=credentials,
        email=f"f{number}@example.org",
        performs_procedures=bool(credentials),
    )


def build_services(layout: Layout) -> tuple[list[Service], list[CoverageRequirement], NDArray[np.int64]]:
    """Services and coverage of all clinics, and where a clinic's service code stands among them.

    Returns:
        services, coverage, and the index of each (clinic, code), shape (U, codes).
    """
    services: list[Service] = []
    coverage: list[CoverageRequirement] = []
    index = np.zeros((layout.clinics, len(layout.services)), np.int64)
    for code, entry in enumerate(layout.services):
        for clinic in range(layout.clinics):
            if clinic == 0 or entry.in_each_clinic:
                service = _in_clinic(layout, entry, clinic)
                coverage += _coverage(layout, entry, service.abbreviation)
                services.append(service)
            index[clinic, code] = len(services) - 1
    return services, coverage, index


def _in_clinic(layout: Layout, entry: SampleService, clinic: int) -> Service:
    if not entry.in_each_clinic:
        return entry.service
    number = f"{clinic + 1:02}" if layout.clinics > 1 else ""
    located = entry.service.kind in {ServiceKind.OUTPATIENT, ServiceKind.PROCEDURE}
    return replace(
        entry.service,
        abbreviation=f"{entry.service.abbreviation}{number}",
        name=f"{entry.service.name} {number}".strip(),
        clinic_location=f"Clinic {clinic + 1}" if located else None,
    )


def _coverage(layout: Layout, entry: SampleService, abbreviation: str) -> list[CoverageRequirement]:
    weekly = [
        CoverageRequirement(abbreviation, (Half.AM, Half.PM)[half], minimum, weekday=weekday)
        for (weekday, half), minimum in entry.minimum.items()
    ]
    return weekly + [
        CoverageRequirement(abbreviation, (Half.AM, Half.PM)[half], 0, day=day)
        for day in closed_days(layout)
        for half in (0, 1)
        if entry.service.abbreviation in CLOSED_ON_HOLIDAYS and (day.weekday(), half) in entry.minimum
    ]


def closed_days(layout: Layout) -> list[date]:
    """Weekday holidays, on which special clinics stay closed."""
    days = (layout.period.day(2 * day) for day, is_holiday in enumerate(layout.holidays) if is_holiday)
    return [day for day in days if not is_weekend(day)]
