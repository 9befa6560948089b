"""Small random programs for the oracles of this room."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from residency.program.calendar import CalendarDay, Period
from residency.program.records import (
    Absence,
    Assignments,
    CallShift,
    CoverageRequirement,
    Person,
    PgyLevel,
    Program,
    Service,
)
from residency.program.vocabulary import (
    AbsenceStatus,
    AbsenceType,
    CallKind,
    CoverageRole,
    DayType,
    Half,
    PersonType,
    ServiceKind,
)

PERIOD = Period(date(2026, 6, 29), date(2026, 7, 3))
"""Monday to Thursday across the turn of the academic year."""


@dataclass(frozen=True)
class RandomPrograms:
    """Makes programs and people from a source of randomness."""

    period: Period
    person: Callable[[random.Random, str], Person]
    program: Callable[[random.Random], Program]


@pytest.fixture(scope="session")
def random_programs() -> RandomPrograms:
    return RandomPrograms(PERIOD, random_person, random_program)


def random_person(rng, name):
    kind = rng.choice([PersonType.RESIDENT, PersonType.FACULTY, PersonType.FACULTY, PersonType.MED_STUDENT])
    return Person(
        id=name,
        name=name,
        type=kind,
        fte=rng.choice([1.0, 1.0, 1.0, 0.5, 0.0]),
        credentials=rng.choice([(), ("scope",)]),
        active_from=rng.choice([None, None, PERIOD.day(2)]),
        active_to=rng.choice([None, None, PERIOD.day(4)]),
    )


def random_service(rng, name):
    return Service(
        abbreviation=name,
        name=name,
        kind=rng.choice([ServiceKind.OUTPATIENT, ServiceKind.INPATIENT, ServiceKind.RECOVERY]),
        required_type=rng.choice([None, None, PersonType.RESIDENT, PersonType.FACULTY]),
        required_credential=rng.choice([None, None, "scope"]),
        min_pgy=rng.choice([None, None, 2]),
        needs_supervision=rng.random() < 0.7,
        procedure_units=rng.choice([0, 4]),
        inpatient=rng.random() < 0.2,
        clinic_location=rng.choice([None, "east"]),
    )


def random_coverage(rng, service, place):
    day = rng.choice([None, PERIOD.day(rng.randrange(PERIOD.blocks))])
    return CoverageRequirement(
        service=service,
        half=rng.choice([Half.AM, Half.PM]),
        minimum=rng.choice([0, 1, 1, 1, 2, 3]),
        weekday=None if day else place % 4,
        day=day,
        role=rng.choice([CoverageRole.PRIMARY, CoverageRole.PRIMARY, CoverageRole.SUPERVISING]),
        valid_from=rng.choice([None, None, PERIOD.day(2)]) if day is None else None,
    )


def random_assignments(rng, people, services):
    rows = [
        (person, rng.randrange(services), block, rng.choice([0, 0, 1]))
        for person in range(people)
        for block in range(PERIOD.blocks)
        if rng.random() < 0.8
    ]
    if not rows:
        return Assignments.empty()
    person, service, block, role = (np.array(column) for column in zip(*rows, strict=True))
    return Assignments(
        person=person.astype(np.int32),
        service=service.astype(np.int32),
        day=np.datetime64(PERIOD.start, "D") + block // 2,
        half=(block % 2).astype(np.int8),
        role=role.astype(np.int8),
        source=np.zeros(len(rows), np.int8),
        locked=np.zeros(len(rows), np.bool_),
    )


def random_program(rng):
    people = [random_person(rng, f"p{i}") for i in range(rng.randrange(9))]
    services = [random_service(rng, f"s{i}") for i in range(rng.randrange(1, 4))]
    keyed = {}
    for place in range(rng.choice([0, 1, 2, 4, 8, 8])):
        row = random_coverage(rng, rng.choice(services).abbreviation, place)
        keyed[row.service, row.half, row.weekday, row.day, row.role] = row
    absences, calls = [], []
    for person in people:
        if rng.random() < 0.3:
            start = PERIOD.start + timedelta(days=rng.randrange(-3, 4))
            absences.append(
                Absence(
                    person.id,
                    start,
                    start + timedelta(days=rng.randrange(2)),
                    rng.choice([AbsenceType.VACATION, AbsenceType.CONVALESCENT]),
                    rng.choice([AbsenceStatus.APPROVED, AbsenceStatus.CONFIRMED, AbsenceStatus.ANTICIPATED]),
                    end_half=rng.choice([Half.AM, Half.PM]),
                    start_half=Half.AM,
                )
            )
        if rng.random() < 0.3:
            start = datetime(2026, 6, 29, 19, tzinfo=UTC) + timedelta(days=rng.randrange(-1, 3))
            end = start + timedelta(hours=rng.choice([3, 12, 24]))
            calls.append(CallShift(person.id, start, end, CallKind.OVERNIGHT, rng.random() < 0.8))
    return Program(
        timezone="UTC",
        people=tuple(people),
        pgy_levels=tuple(
            PgyLevel(p.id, year, rng.randrange(1, 4))
            for p in people
            for year in (2025, 2026)
            if p.type is PersonType.RESIDENT and rng.random() < 0.8
        ),
        services=tuple(services),
        coverage=tuple(keyed.values()),
        assignments=random_assignments(rng, len(people), len(services)),
        call_shifts=tuple(calls),
        absences=tuple(absences),
        calendar=tuple(
            CalendarDay(PERIOD.day(2 * day), rng.choice([DayType.FEDERAL_HOLIDAY, DayType.EO_CLOSURE]))
            for day in range(PERIOD.days)
            if rng.random() < 0.15
        ),
    )
