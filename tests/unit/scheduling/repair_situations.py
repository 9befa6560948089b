"""Schedules with something wrong, made by hand: people, rows, what coverage asks for, who is lost."""

from datetime import UTC, date, datetime, timedelta

import numpy as np

from residency.acgme.rules import rule_set
from residency.program.calendar import Period
from residency.program.records import (
    ROLE_CODES,
    Assignments,
    CallShift,
    CoverageRequirement,
    Person,
    PgyLevel,
    Program,
    Service,
)
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import CallKind, CoverageRole, FacultyRole, Half, PersonType, ServiceKind
from residency.scheduling.problem import Disruption, RepairProblem

MONDAY = date(2026, 3, 2)
PRIMARY, SUPERVISING = (ROLE_CODES[role] for role in (CoverageRole.PRIMARY, CoverageRole.SUPERVISING))
SERVICES = (
    Service("WARD", "Ward", ServiceKind.INPATIENT, load_category=1, inpatient=True),
    Service(
        "C",
        "Clinic",
        ServiceKind.OUTPATIENT,
        load_category=3,
        needs_supervision=True,
        required_type=PersonType.RESIDENT,
    ),
    Service("AT", "Precepting", ServiceKind.OUTPATIENT, load_category=2, required_type=PersonType.FACULTY),
    Service("ADM", "Administration", ServiceKind.ADMINISTRATION, load_category=6),
    Service("OPT", "Optional lecture", ServiceKind.EDUCATION, load_category=7),
    Service("NF", "Night float", ServiceKind.NIGHT_FLOAT, load_category=1),
    Service("W", "Off", ServiceKind.OFF, load_category=7),
    Service("LV", "Leave", ServiceKind.ABSENCE, load_category=4),
    Service("AWAY", "Elsewhere", ServiceKind.RESEARCH, load_category=7, offsite=True),
)
CODE = {service.abbreviation: number for number, service in enumerate(SERVICES)}
ADMIN, AT, CLINIC, LECTURE, OFF, WARD = (CODE[name] for name in ("ADM", "AT", "C", "OPT", "W", "WARD"))


def resident(name, **more):
    return Person(name, name, PersonType.RESIDENT, **more)


def attending(name, role=FacultyRole.CORE, **more):
    return Person(name, name, PersonType.FACULTY, faculty_role=role, **more)


def coverage(*asked, role=CoverageRole.PRIMARY):
    """(service, day offset, half 0 or 1, minimum) as dated requirements."""
    return tuple(
        CoverageRequirement(service, (Half.AM, Half.PM)[half], count, day=MONDAY + timedelta(day), role=role)
        for service, day, half, count in asked
    )


def situation(people, rows, asked, *, days=1, lost=(), suspended=(), services=SERVICES, **more):
    """A problem: rows ``(person, service, day offset, half[, role[, locked]])``, lost ``(person, block)``."""
    index = {person.id: number for number, person in enumerate(people)}
    program = Program(
        timezone="UTC",
        people=tuple(people),
        services=tuple(services),
        coverage=tuple(asked),
        assignments=Assignments(
            person=np.array([index[row[0]] for row in rows], np.int32),
            service=np.array([CODE[row[1]] for row in rows], np.int32),
            day=np.datetime64(MONDAY, "D") + np.array([row[2] for row in rows], np.int64),
            half=np.array([row[3] for row in rows], np.int8),
            role=np.array([row[4] if len(row) > 4 else PRIMARY for row in rows], np.int8),
            source=np.zeros(len(rows), np.int8),
            locked=np.array([len(row) > 5 and row[5] for row in rows], np.bool_),
        ),
        **more,
    )
    period = Period.horizon(MONDAY, days)
    snapshot = Snapshot.of(program, period)
    gone = np.zeros(snapshot.available.shape, np.bool_)
    for name, block in lost:
        gone[index[name], block] = True
    stops = np.array([service.abbreviation in suspended for service in services], np.bool_)
    disruption = Disruption(gone, snapshot.demand, stops)
    covered = Period(MONDAY - timedelta(31), MONDAY + timedelta(62))
    return RepairProblem.of(program, snapshot, disruption, rule_set(), (covered,))


def night(name, day, *, in_house=True, hours=12, kind=CallKind.OVERNIGHT):
    begin = datetime(2026, 3, 2, 19, tzinfo=UTC) + timedelta(days=day)
    return CallShift(name, begin, begin + timedelta(hours=hours), kind, in_house)


def clinic(attendings, residents, *, lost, locked=(), asked=(), levels=(), more=()):
    people = [*(attending(name) for name in attendings), *(resident(name) for name in residents), *more]
    rows = [(name, "AT", 0, 0, SUPERVISING) for name in attendings]
    rows += [(name, "C", 0, 0, PRIMARY, name in locked) for name in residents]
    levels = tuple(PgyLevel(name, 2025, 1 if name in levels else 2) for name in residents)
    return situation(people, rows, asked, lost=[(name, 0) for name in lost], pgy_levels=levels)
