"""A small clinic in which each test changes only what it is about, and schedules made by chance."""

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from residency.program.calendar import Period
from residency.program.records import (
    ROLE_CODES,
    Absence,
    Assignments,
    CallShift,
    CoverageRequirement,
    Person,
    PgyLevel,
    Program,
    Service,
)
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import (
    EFFECTIVE_ABSENCE_STATUSES,
    AbsenceStatus,
    AbsenceType,
    CallKind,
    ConflictType,
    CoverageRole,
    FacultyRole,
    Half,
    PersonType,
    ServiceKind,
)
from residency.quality.conflicts import detect_conflicts

FRIDAY = date(2026, 9, 4)
DAYS = Period.horizon(FRIDAY, 28)

SERVICES = (
    Service("WARD", "Inpatient week", ServiceKind.INPATIENT, required_type=PersonType.FACULTY, inpatient=True,
            leave_eligible=False),
    Service("C", "Clinic", ServiceKind.OUTPATIENT, required_type=PersonType.RESIDENT, needs_supervision=True),
    Service("AT", "Precepting", ServiceKind.OUTPATIENT, required_type=PersonType.FACULTY),
    Service("NIGHT", "Call team", ServiceKind.CALL),
    Service("SCOPE", "Endoscopy", ServiceKind.PROCEDURE, required_credential="scope"),
    Service("AWAY", "Rotation elsewhere", ServiceKind.OUTPATIENT, offsite=True),
    Service("OFF", "Day off", ServiceKind.OFF),
    Service("REC", "Recovery", ServiceKind.RECOVERY),
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """Two attendings and four residents without any work; ``with_`` methods give the world with more."""

    program: Program
    rows: tuple = field(default=())

    def assigned(self, person, service, day, half=Half.AM, role=CoverageRole.PRIMARY):
        """Somebody on a service in a half-day, or with ``half`` None all day."""
        halves = Half if half is None else (half,)
        return replace(self, rows=self.rows + tuple((person, service, day, each, role) for each in halves))

    def all_week(self, person, service, friday, days=7):
        world = self
        for offset in range(days):
            world = world.assigned(person, service, friday + timedelta(days=offset), None)
        return world

    def away(self, person, start, end=None, kind=AbsenceType.VACATION, **details):
        return self.having(absences=Absence(person, start, end or start, kind, **details))

    def needing(self, service, day, minimum=1, half=Half.AM, **details):
        return self.having(coverage=CoverageRequirement(service, half, minimum, day=day, **details))

    def call(self, person, night, kind=CallKind.OVERNIGHT, hours=12, in_house=True):
        start = datetime(night.year, night.month, night.day, 19, tzinfo=UTC)
        return self.having(
            call_shifts=CallShift(person, start, start + timedelta(hours=hours), kind, in_house)
        )

    def having(self, **more):
        """The world with one more of something."""
        program = self.program
        for name, one in more.items():
            program = replace(program, **{name: (*getattr(program, name), one)})
        return replace(self, program=program)

    def person(self, person, **changes):
        people = tuple(
            replace(each, **changes) if each.id == person else each for each in self.program.people
        )
        return replace(self, program=replace(self.program, people=people))

    def pgy(self, person, level):
        levels = tuple(
            replace(each, pgy=level) if each.person == person else each for each in self.program.pgy_levels
        )
        return replace(self, program=replace(self.program, pgy_levels=levels))

    def service(self, service, **changes):
        kept = tuple(
            replace(each, **changes) if each.abbreviation == service else each
            for each in self.program.services
        )
        return replace(self, program=replace(self.program, services=kept))

    @property
    def whole(self):
        """The program with its assignments."""
        if not self.rows:
            return self.program
        people = {person.id: row for row, person in enumerate(self.program.people)}
        services = {service.abbreviation: row for row, service in enumerate(self.program.services)}
        person, service, day, half, role = zip(*self.rows, strict=True)
        count = len(self.rows)
        return replace(
            self.program,
            assignments=Assignments(
                person=np.array([people[each] for each in person], np.int32),
                service=np.array([services[each] for each in service], np.int32),
                day=np.array(day, "datetime64[D]"),
                half=np.array([each is Half.PM for each in half], np.int8),
                role=np.array([ROLE_CODES[each] for each in role], np.int8),
                source=np.zeros(count, np.int8),
                locked=np.zeros(count, np.bool_),
            ),
        )

    def found(self, kind=None, days=DAYS, **options):
        """The conflicts of a kind, or all of them."""
        program = self.whole
        types = None if kind is None else {ConflictType(kind)}
        return detect_conflicts(program, Snapshot.of(program, DAYS), days, types=types, **options)


@pytest.fixture
def world():
    people = (
        Person("f1", "Name One", PersonType.FACULTY, FacultyRole.CORE, pseudonym="F-1"),
        Person("f2", "Name Two", PersonType.FACULTY, FacultyRole.CORE, pseudonym="F-2"),
        *(Person(f"r{n}", f"Name {n}", PersonType.RESIDENT, pseudonym=f"R-{n}") for n in range(1, 5)),
    )
    levels = tuple(PgyLevel(f"r{n}", 2026, 2) for n in range(1, 5))
    return World(Program("UTC", people=people, pgy_levels=levels, services=SERVICES))


@pytest.fixture
def friday():
    """The first day of the four weeks that are looked at."""
    return FRIDAY


@pytest.fixture
def day():
    """A day by its distance from the first."""
    return lambda offset: FRIDAY + timedelta(days=offset)


@pytest.fixture(scope="session")
def random_world():
    """A function that makes a schedule of seven people over five weeks, from a seed and the days seen."""
    people = (
        *(Person(f"f{n}", f"Name {n}", PersonType.FACULTY, pseudonym=f"F-{n}") for n in (1, 2, 3)),
        *(Person(f"r{n}", f"Name {n}", PersonType.RESIDENT, pseudonym=f"R-{n}") for n in (1, 2, 3, 4)),
    )
    levels = tuple(PgyLevel(f"r{n}", 2026, 1 + n % 2) for n in (1, 2, 3))
    clinic = Program("UTC", people=people, pgy_levels=levels, services=SERVICES)

    def make(seed, days):
        return _program(random.Random(seed), clinic, days)  # noqa: S311 - examples, no secrets

    return make


@pytest.fixture(scope="session")
def four_weeks():
    """The days that are looked at."""
    return DAYS


def _program(rng, clinic, days):
    services = tuple(
        replace(
            each,
            leave_eligible=rng.random() < 0.5,
            clinic_location=rng.choice([None, "east"]),
            required_specialty=rng.choice([None, None, "skin"])
            if each.kind is ServiceKind.PROCEDURE
            else None,
        )
        for each in clinic.services
    )
    people = tuple(
        replace(
            each,
            specialties=rng.choice([(), ("skin",)]),
            credentials=rng.choice([(), ("scope",)]),
            fte=rng.choice([1.0, 1.0, 1.0, 0.0]),
            faculty_role=rng.choice([None, FacultyRole.CORE]) if each.type is PersonType.FACULTY else None,
            active_from=rng.choice([None] * 5 + [days.start + timedelta(days=9)]),
            active_to=rng.choice([None] * 5 + [days.start + timedelta(days=9)]),
        )
        for each in clinic.people
    )
    begin = days.start - timedelta(days=14)
    rows = [row for person, each in enumerate(people) for row in _work(rng, person, each, begin)]
    person, service, day, half, role = zip(*rows, strict=True)
    return Program(
        "Pacific/Honolulu",
        people=people,
        pgy_levels=clinic.pgy_levels,
        services=services,
        coverage=tuple(_coverage(rng, services, days)),
        assignments=Assignments(
            np.array(person, np.int32),
            np.array(service, np.int32),
            np.array(day, "datetime64[D]"),
            np.array(half, np.int8),
            np.array(role, np.int8),
            np.zeros(len(rows), np.int8),
            np.zeros(len(rows), np.bool_),
        ),
        call_shifts=tuple(_call(rng, people, begin)),
        absences=tuple(_absences(rng, people, begin)),
    )


def _work(rng, person, who, begin):
    """Somebody's half-days: mostly one service for days on end, of faculty often the ward."""
    service = rng.randrange(8)
    for offset in range(35):
        if rng.random() < 0.2:
            service = 0 if who.type is PersonType.FACULTY and rng.random() < 0.5 else rng.randrange(8)
        for half in (0, 1):
            if rng.random() < 0.8:
                yield person, service, begin + timedelta(days=offset), half, rng.choice([0, 0, 1, 2])


def _coverage(rng, services, days):
    for service in services:
        for offset in range(days.days):
            for half in Half:
                if rng.random() < 0.4:
                    role = rng.choice([CoverageRole.PRIMARY, CoverageRole.PRIMARY, CoverageRole.SUPERVISING])
                    yield CoverageRequirement(
                        service.abbreviation,
                        half,
                        rng.randrange(4),
                        day=days.start + timedelta(offset),
                        role=role,
                    )


def _call(rng, people, begin):
    for each in people:
        for offset in range(35):
            if rng.random() < 0.15:
                start = datetime.combine(
                    begin + timedelta(offset), time(rng.choice([7, 19])), ZoneInfo("Pacific/Honolulu")
                )
                length = timedelta(hours=rng.choice([12, 13, 24]))
                yield CallShift(
                    each.id,
                    start.astimezone(UTC),
                    start + length,
                    rng.choice(list(CallKind)),
                    rng.random() < 0.7,
                )


def _absences(rng, people, begin):
    kinds = [AbsenceType.VACATION, AbsenceType.CONVALESCENT, AbsenceType.DEPLOYMENT, AbsenceType.TDY]
    for each in people:
        for _ in range(rng.randrange(4)):
            start = begin + timedelta(rng.randrange(33))
            end = start + timedelta(rng.randrange(6))
            yield Absence(
                each.id,
                start,
                end,
                rng.choice(kinds),
                rng.choice([*sorted(EFFECTIVE_ABSENCE_STATUSES), AbsenceStatus.PENDING]),
                rng.choice(list(Half)),
                Half.PM if start == end else rng.choice(list(Half)),
            )
