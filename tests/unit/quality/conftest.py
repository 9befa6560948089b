"""Small schedules for the measures of this room, made by hand or at random."""

import random
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from residency.program.calendar import CalendarDay, Period
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
    AbsenceType,
    CallKind,
    CoverageRole,
    DayType,
    FacultyRole,
    Half,
    PersonType,
    ServiceKind,
)

MONDAY = date(2026, 3, 2)
NEVER = (None,) * 6
ZONE = "Pacific/Honolulu"
SERVICES = (
    Service("CLINIC", "Clinic", ServiceKind.OUTPATIENT, hours_am=4, hours_pm=4),
    Service("WARD", "Ward", ServiceKind.INPATIENT),
    Service("NF", "Night float", ServiceKind.NIGHT_FLOAT),
    Service("ADMIN", "Administration", ServiceKind.ADMINISTRATION, hours_am=3, hours_pm=3),
    Service("CALL", "Call team", ServiceKind.CALL, hours_am=0, hours_pm=0),
    Service("OFF", "Off", ServiceKind.OFF),
    Service("LV", "Leave", ServiceKind.ABSENCE),
)


def build(people, rows, *, services=SERVICES, **more):
    """A program of ``people`` and rows ``(person, service, day offset, half 0 or 1[, role])``."""
    persons = {person.id: number for number, person in enumerate(people)}
    codes = {service.abbreviation: number for number, service in enumerate(services)}
    role = [ROLE_CODES[row[4] if len(row) > 4 else CoverageRole.PRIMARY] for row in rows]
    count = len(rows)
    return Program(
        timezone=ZONE,
        people=tuple(people),
        services=tuple(services),
        assignments=Assignments(
            person=np.array([persons[row[0]] for row in rows], np.int32),
            service=np.array([codes[row[1]] for row in rows], np.int32),
            day=np.datetime64(MONDAY, "D") + np.array([row[2] for row in rows], np.int64),
            half=np.array([row[3] for row in rows], np.int8),
            role=np.array(role, np.int8),
            source=np.zeros(count, np.int8),
            locked=np.zeros(count, np.bool_),
        ),
        **more,
    )


def resident(name, **more):
    return Person(name, f"Name of {name}", PersonType.RESIDENT, pseudonym=name.upper(), **more)


def attending(name, role=FacultyRole.CORE, **more):
    return Person(
        name, f"Name of {name}", PersonType.FACULTY, faculty_role=role, pseudonym=name.upper(), **more
    )


def draw(rng):
    """A random program of a week or two and its period."""
    days = rng.choice([7, 9, 14])
    period = Period.horizon(MONDAY + timedelta(days=rng.randrange(3)), days)
    people = [
        (resident if rng.random() < 0.6 else attending)(
            f"p{number}",
            fte=rng.choice([1.0, 1.0, 0.5, 0.0]),
            active_from=rng.choice([*NEVER, MONDAY + timedelta(days=4), MONDAY + timedelta(days=40)]),
            active_to=rng.choice([*NEVER, MONDAY + timedelta(days=6), MONDAY - timedelta(days=9)]),
        )
        for number in range(rng.randint(1, 8))
    ]
    if rng.random() < 0.3:
        people.append(Person("student", "Student", PersonType.MED_STUDENT))
    rows = [
        (
            person.id,
            rng.choices(SERVICES, [4, 4, 1, 1, 1, 1, 0.4])[0].abbreviation,
            day,
            half,
            rng.choice([CoverageRole.PRIMARY, CoverageRole.PRIMARY, CoverageRole.SUPERVISING]),
        )
        for person in people
        for day in range(-2, 17)
        for half in (0, 1)
        if rng.random() < 0.6
    ]
    noon = datetime(2026, 3, 2, tzinfo=UTC)
    call = [
        CallShift(
            rng.choice(people).id,
            (begin := noon + timedelta(hours=rng.randrange(-40, 400))),
            begin + timedelta(hours=rng.choice([6, 12, 24])),
            rng.choice(list(CallKind)),
            in_house=rng.random() < 0.7,
        )
        for _ in range(rng.randrange(6))
    ]
    absences = [
        Absence(
            rng.choice(people).id,
            (first := MONDAY + timedelta(days=rng.randrange(-3, 15))),
            first + timedelta(days=rng.randrange(5)),
            rng.choice([AbsenceType.VACATION, AbsenceType.CONVALESCENT]),
            start_half=rng.choice(list(Half)),
        )
        for _ in range(rng.randrange(4))
    ]
    coverage = [
        CoverageRequirement(
            service, half, rng.randint(0, 3), weekday=weekday, role=rng.choice([*CoverageRole][:2])
        )
        for service in ("CLINIC", "WARD")
        for weekday in range(7)
        for half in Half
        if rng.random() < 0.7
    ]
    program = build(
        people,
        rows,
        call_shifts=tuple(call),
        absences=tuple(absences),
        coverage=tuple(coverage),
        pgy_levels=tuple(
            PgyLevel(person.id, 2025, rng.choice([1, 1, 2]))
            for person in people
            if person.type is PersonType.RESIDENT and rng.random() < 0.9
        ),
        calendar=(CalendarDay(MONDAY + timedelta(days=2), DayType.FEDERAL_HOLIDAY, "Day of rest"),),
    )
    return program, period


@pytest.fixture(scope="session")
def schedules():
    """Ways to make programs: ``build(people, rows)``, ``draw(random)``, people, days and a week."""

    class Schedules:
        monday = MONDAY
        zone = ZONE
        week = Period.horizon(MONDAY, 7)
        services = SERVICES

    Schedules.build = staticmethod(build)
    Schedules.draw = staticmethod(draw)
    Schedules.resident = staticmethod(resident)
    Schedules.attending = staticmethod(attending)
    return Schedules


@pytest.fixture(scope="session")
def drawn_schedules():
    """Twenty random programs with their periods and snapshots."""
    made = (draw(random.Random(seed)) for seed in range(20))  # noqa: S311 - a sample, not a secret
    return [(program, period, Snapshot.of(program, period)) for program, period in made]
