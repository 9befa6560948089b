"""A program's facts as immutable value types, keyed by the ids its people use, free of any storage."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time
from typing import Self

import numpy as np
from numpy.typing import NDArray

from residency.program.calendar import CalendarDay
from residency.program.vocabulary import (
    NON_DUTY_KINDS,
    AbsenceStatus,
    AbsenceType,
    ActivityClass,
    AssignmentSource,
    CallKind,
    CoverageRole,
    DutySetting,
    FacultyRole,
    Half,
    Moonlighting,
    PersonType,
    ServiceKind,
    UserRole,
)

DEFAULT_PGY = 2
"""A resident without a PGY for a date is a data-quality finding and is judged as PGY-2."""


@dataclass(frozen=True, slots=True)
class Person:
    """A resident, faculty member or learner. ``fte`` is a share of full time, 0..1."""

    id: str
    name: str
    type: PersonType
    faculty_role: FacultyRole | None = None
    fte: float = 1.0
    specialties: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    email: str | None = None
    performs_procedures: bool = False
    active_from: date | None = None
    active_to: date | None = None
    pseudonym: str | None = None


@dataclass(frozen=True, slots=True)
class PgyLevel:
    """The post-graduate year of one person in one academic year."""

    person: str
    academic_year: int
    pgy: int


@dataclass(frozen=True, slots=True)
class Service:
    """What a person can be assigned to. Hours are planned hours of one half-day."""

    abbreviation: str
    name: str
    kind: ServiceKind
    load_category: int = 4
    hours_am: float = 6.0
    hours_pm: float = 6.0
    start_am: time = time(7)
    start_pm: time = time(13)
    night_hours: float | None = None
    """Hours of a night from 19:00; None for services without nights, 12 where a night float names none."""
    required_type: PersonType | None = None
    required_role: FacultyRole | None = None
    required_specialty: str | None = None
    required_credential: str | None = None
    min_pgy: int | None = None
    needs_supervision: bool = False
    supervision_units_pgy1: int = 2
    supervision_units_other: int = 1
    procedure_units: int = 0
    leave_eligible: bool = True
    inpatient: bool = False
    offsite: bool = False
    clinic_location: str | None = None

    @property
    def counts_as_duty(self) -> bool:
        """Off, recovery and absence are not duty; everything else is."""
        return self.kind not in NON_DUTY_KINDS


@dataclass(frozen=True, slots=True)
class CoverageRequirement:
    """How many people a service needs in a half-day.

    Exactly one of ``weekday`` (0 Monday .. 6 Sunday) and ``day`` is set; a dated row replaces the weekly
    pattern of that service, half and role on that date. ``valid_from``/``valid_to`` are inclusive.
    """

    service: str
    half: Half
    minimum: int
    weekday: int | None = None
    day: date | None = None
    role: CoverageRole = CoverageRole.PRIMARY
    maximum: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """Time away, with inclusive dates and half-day edges."""

    person: str
    start_date: date
    end_date: date
    type: AbsenceType
    status: AbsenceStatus = AbsenceStatus.APPROVED
    start_half: Half = Half.AM
    end_half: Half = Half.PM


@dataclass(frozen=True, slots=True)
class CallShift:
    """One person's call, as aware instants."""

    person: str
    start: datetime
    end: datetime
    kind: CallKind
    in_house: bool


@dataclass(frozen=True, slots=True)
class DutyLog:
    """Hours actually worked, as aware instants; never mixed with the plan."""

    person: str
    start: datetime
    end: datetime
    activity_class: ActivityClass = ActivityClass.PATIENT_CARE
    setting: DutySetting = DutySetting.IN_HOUSE
    call_kind: CallKind | None = None
    moonlighting: Moonlighting = Moonlighting.NONE
    new_patient: bool = False
    voluntary_stay: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Rotation:
    """One person's days on one service, inclusive dates: the unit of averaging by rotation."""

    person: str
    service: str
    start_date: date
    end_date: date


@dataclass(frozen=True, slots=True)
class HoursApproval:
    """An approved exception to the weekly hours (VI.F.4), for a service or, without one, for all of them.

    ``valid_from`` and ``valid_to`` are inclusive; ``limit`` is in hours a week, above 80 and at most 88.
    """

    limit: float
    valid_from: date
    valid_to: date
    approved_by: str
    service: str | None = None
    min_pgy: int = 1
    max_pgy: int = 8


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in to the scheduling application and receives its messages."""

    username: str
    email: str
    role: UserRole
    person: str | None = None


ROLE_CODES = {role: code for code, role in enumerate(CoverageRole)}
SOURCE_CODES = {source: code for code, source in enumerate(AssignmentSource)}
ROLES = tuple(CoverageRole)
SOURCES = tuple(AssignmentSource)


@dataclass(frozen=True, slots=True)
class Assignments:
    """All assignments as columns of equal length, one row an assignment.

    ``person`` and ``service`` index :attr:`Program.people` and :attr:`Program.services`; ``day`` is
    ``datetime64[D]``; ``half`` is 0 for AM, 1 for PM; ``role`` and ``source`` index ``ROLES`` and
    ``SOURCES``.
    """

    person: NDArray[np.int32]
    service: NDArray[np.int32]
    day: NDArray[np.datetime64]
    half: NDArray[np.int8]
    role: NDArray[np.int8]
    source: NDArray[np.int8]
    locked: NDArray[np.bool_]

    @classmethod
    def empty(cls) -> Self:
        """No assignment at all."""
        return cls(
            person=np.zeros(0, np.int32),
            service=np.zeros(0, np.int32),
            day=np.zeros(0, "datetime64[D]"),
            half=np.zeros(0, np.int8),
            role=np.zeros(0, np.int8),
            source=np.zeros(0, np.int8),
            locked=np.zeros(0, np.bool_),
        )

    def __len__(self) -> int:
        """Number of assignments."""
        return len(self.person)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Self:
        """The given rows, in the order given."""
        return type(self)(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})

    @classmethod
    def joined(cls, pieces: Sequence[Self]) -> Self:
        """The rows of several pieces of one program, one piece after the other."""
        if not pieces:
            return cls.empty()
        return cls(
            **{
                column.name: np.concatenate([getattr(piece, column.name) for piece in pieces])
                for column in fields(cls)
            }
        )


@dataclass(frozen=True, slots=True)
class Program:
    """Everything known about one program: what a bundle holds and what the database gives back."""

    timezone: str
    people: tuple[Person, ...] = ()
    pgy_levels: tuple[PgyLevel, ...] = ()
    services: tuple[Service, ...] = ()
    coverage: tuple[CoverageRequirement, ...] = ()
    assignments: Assignments = field(default_factory=Assignments.empty)
    call_shifts: tuple[CallShift, ...] = ()
    absences: tuple[Absence, ...] = ()
    duty_logs: tuple[DutyLog, ...] = ()
    users: tuple[User, ...] = ()
    rotations: tuple[Rotation, ...] = ()
    hours_approvals: tuple[HoursApproval, ...] = ()
    calendar: tuple[CalendarDay, ...] = ()
    """Days that are not ordinary; a date without a row is NORMAL."""
