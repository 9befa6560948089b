"""Programs in which no two people are alike: the hardest kind for an analysis that solves groups, not people.

Sizes follow the aggregates of a family-medicine residency (17 residents and 12 faculty a clinic, residents
working 90 % of weekday and 30 % of weekend half-days, faculty 60 % and 20 %), but every person holds
privileges and credentials of their own, at their own clinic and at others. Nobody is real.
"""

import random
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from residency.program.calendar import Period
from residency.program.records import (
    Absence,
    Assignments,
    CoverageRequirement,
    Person,
    PgyLevel,
    Program,
    Service,
)
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceType, CoverageRole, FacultyRole, Half, PersonType, ServiceKind

START = date(2026, 1, 5)
CLINIC_PEOPLE, CLINIC_RESIDENTS = 29, 17
CREDENTIALS = tuple(f"procedure-{number}" for number in range(7))
HOLDS_CREDENTIAL = 0.35
WORKS_ELSEWHERE = 0.8
"""Mean number of other clinics at which a person has privileges."""

FILL = {PersonType.RESIDENT: (0.90, 0.30), PersonType.FACULTY: (0.60, 0.20)}
"""Share of half-days at work, on weekdays and on weekends."""

ABSENCES_A_YEAR = 6
TIGHTNESS = 0.95
"""Share of the planned work that coverage requires of people."""


def synthetic_program(people: int, days: int, seed: int = 1) -> Program:
    """A program and a schedule that its staff can just about fill, the same for the same arguments.

    Args:
        people: residents and faculty together.
        days: length of the schedule, which begins on a Monday.
        seed: choice among the programs of that size.
    """
    rng = random.Random(seed)  # noqa: S311 - a sample, not a secret
    clinics = max(1, round(people / CLINIC_PEOPLE))
    staff = [_person(rng, number, people, clinics) for number in range(people)]
    services = [service for clinic in range(clinics) for service in _services(clinic)]
    program = Program(
        timezone="UTC",
        people=tuple(staff),
        pgy_levels=tuple(
            PgyLevel(person.id, 2025, 1 + number % 3)
            for number, person in enumerate(staff)
            if person.type is PersonType.RESIDENT
        ),
        services=tuple(services),
        coverage=tuple(_coverage(rng, services, staff)),
        absences=tuple(absence for person in staff for absence in _absences(rng, person, days)),
    )
    return _scheduled(program, Period.horizon(START, days))


def _person(rng: random.Random, number: int, people: int, clinics: int) -> Person:
    """Somebody with privileges at their clinic and a few others, and with credentials of their own."""
    clinic = number * clinics // people
    resident = number % CLINIC_PEOPLE < CLINIC_RESIDENTS
    elsewhere = {rng.randrange(clinics) for _ in range(2) if rng.random() < WORKS_ELSEWHERE / 2}
    return Person(
        id=f"{'R' if resident else 'F'}{number:05}",
        name=f"Person {number}",
        type=PersonType.RESIDENT if resident else PersonType.FACULTY,
        faculty_role=None if resident else FacultyRole.CORE,
        specialties=tuple(f"clinic-{place}" for place in sorted({clinic, *elsewhere})),
        credentials=tuple(name for name in CREDENTIALS if rng.random() < HOLDS_CREDENTIAL),
    )


def _services(clinic: int) -> list[Service]:
    """What one clinic offers: clinic hours, a ward, seven procedures, and administration."""
    place = f"clinic-{clinic}"

    def service(name: str, kind: ServiceKind = ServiceKind.OUTPATIENT, **rest: object) -> Service:
        given = {"clinic_location": place, "required_specialty": place, **rest}
        short = f"{name[:4]}{name[-1:]}{clinic}"
        return Service(short, f"{name} {clinic}", kind, **given)  # pyright: ignore[reportArgumentType]

    resident, faculty = PersonType.RESIDENT, PersonType.FACULTY
    return [
        service("Continuity", required_type=resident, needs_supervision=True),
        service("Acute", needs_supervision=True),
        service("Ward", ServiceKind.INPATIENT, required_type=resident, inpatient=True),
        service("Senior", ServiceKind.INPATIENT, required_type=resident, min_pgy=3, inpatient=True),
        service("Attending", ServiceKind.INPATIENT, required_type=faculty, inpatient=True),
        *(
            service(
                f"Procedure{number}",
                ServiceKind.PROCEDURE,
                required_credential=credential,
                needs_supervision=True,
                procedure_units=1,
            )
            for number, credential in enumerate(CREDENTIALS)
        ),
    ]


def _coverage(rng: random.Random, services: list[Service], staff: list[Person]) -> list[CoverageRequirement]:
    """A weekly pattern for each clinic that asks for about as many people as are at work there."""
    homes: dict[str, dict[PersonType, int]] = {}
    for person in staff:
        home = homes.setdefault(person.specialties[0], dict.fromkeys(FILL, 0))
        home[person.type] += 1
    offered: dict[str, list[Service]] = {}
    for service in services:
        offered.setdefault(service.required_specialty or "", []).append(service)
    rows: list[CoverageRequirement] = []
    for place, home in homes.items():
        for weekday in range(7):
            for half in Half:
                rows += _half_day(rng, offered[place], home, weekday, half)
    return rows


def _half_day(
    rng: random.Random, offered: list[Service], home: dict[PersonType, int], weekday: int, half: Half
) -> list[CoverageRequirement]:
    """What one clinic asks for: slots of its services, a few at a time, and supervisors for them."""
    at_work = sum(count * FILL[kind][weekday > 4] for kind, count in home.items())
    slots: dict[tuple[str, CoverageRole], int] = {}
    supervisors = round(home[PersonType.FACULTY] * FILL[PersonType.FACULTY][weekday > 4] / 3)
    if supervisors:
        slots[offered[0].abbreviation, CoverageRole.SUPERVISING] = supervisors
    for _ in range(round(TIGHTNESS * at_work) - supervisors):
        chosen = rng.choices(offered, [5, 2, 2, 1, 1, *([1] * len(CREDENTIALS))])[0]
        key = (chosen.abbreviation, CoverageRole.PRIMARY)
        slots[key] = slots.get(key, 0) + 1
    return [
        CoverageRequirement(service, half, count, weekday=weekday, role=role)
        for (service, role), count in slots.items()
    ]


def _absences(rng: random.Random, person: Person, days: int) -> list[Absence]:
    """About six absences a year of a median of a week."""
    expected = ABSENCES_A_YEAR * days / 365
    count = int(expected) + (rng.random() < expected % 1)
    starts = sorted(rng.sample(range(0, days, 15), min(count, len(range(0, days, 15)))))
    return [
        Absence(
            person.id, first, first + timedelta(days=rng.choice([2, 4, 6, 6, 9, 13])), AbsenceType.VACATION
        )
        for first in (START + timedelta(days=start) for start in starts)
    ]


def _scheduled(program: Program, period: Period) -> Program:
    """The program with a schedule made by greed: posts with the fewest candidates first."""
    snapshot = Snapshot.of(program, period)
    posts = len(snapshot.post_service)
    able = [_mask(snapshot.eligible[0, post]) for post in range(posts)]
    scarce_first = sorted(range(posts), key=lambda post: able[post].bit_count())
    rows: list[tuple[int, int, int]] = []
    for block in range(period.blocks):
        free = _mask(snapshot.available[:, block])
        demand = snapshot.demand[:, block].tolist()
        for post in scarce_first:
            candidates = able[post] & free if demand[post] else 0
            for _ in range(demand[post]):
                if candidates:
                    lowest = candidates & -candidates
                    rows.append((lowest.bit_length() - 1, post, block))
                    candidates ^= lowest
                    free ^= lowest
    person, post, block = np.array(rows, np.int32).reshape(-1, 3).T
    return replace(
        program,
        assignments=Assignments(
            person=person,
            service=snapshot.post_service[post],
            day=np.datetime64(period.start, "D") + block // 2,
            half=(block % 2).astype(np.int8),
            role=snapshot.post_role[post].astype(np.int8),
            source=np.zeros(len(rows), np.int8),
            locked=np.zeros(len(rows), np.bool_),
        ),
    )


def _mask(flags: np.ndarray) -> int:
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")
