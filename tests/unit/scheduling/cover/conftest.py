"""A clinic small enough to follow with a pencil, and ways to ask what an absence does to it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

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
from residency.program.vocabulary import CallKind, CoverageRole, FacultyRole, Half, PersonType, ServiceKind
from residency.scheduling.absence_case import AbsenceCase

MONDAY = date(2026, 11, 30)
COVERED = (Period(date(2026, 9, 1), date(2027, 3, 1)),)
CORE, RESIDENT = FacultyRole.CORE, PersonType.RESIDENT

PEOPLE = (
    *(
        Person(name, f"Dr {name}", PersonType.FACULTY, CORE, pseudonym=f"p-{name}")
        for name in ("A", "B", "C")
    ),
    Person("J", "Dr J", PersonType.FACULTY, FacultyRole.ADJUNCT),
    *(Person(name, f"Dr {name}", RESIDENT) for name in "XYZ"),
    Person("S", "S", PersonType.MED_STUDENT),
)
LEVELS = {"V": 2, "X": 2, "Y": 2, "Z": 1}
FACULTY = {"required_type": PersonType.FACULTY}
SERVICES = (
    Service("FC", "Faculty clinic", ServiceKind.OUTPATIENT, **FACULTY),
    Service("AT", "Precepting", ServiceKind.OUTPATIENT, **FACULTY),
    Service("CO", "Colposcopy", ServiceKind.PROCEDURE, **FACULTY, required_credential="colposcopy"),
    Service("CL", "Clinic", ServiceKind.OUTPATIENT, required_type=RESIDENT, needs_supervision=True),
    Service(
        "WD", "Ward", ServiceKind.INPATIENT, required_type=RESIDENT, inpatient=True, leave_eligible=False
    ),
    Service("GME", "Administration", ServiceKind.ADMINISTRATION),
    Service("W", "Weekend off", ServiceKind.OFF),
    Service("PC", "Post-call", ServiceKind.RECOVERY),
    Service("LV", "Leave", ServiceKind.ABSENCE),
)


def _row(people, services, row):
    person, service, day, half, *more = row
    role = next((each for each in more if each != "locked"), "primary")
    return (
        people.index(person),
        services.index(service),
        np.datetime64(MONDAY + timedelta(days=day)),
        int(half == "PM"),
        ROLE_CODES[CoverageRole(role)],
        "locked" in more,
    )


@pytest.fixture
def clinic():
    """A function: rows ``(person, service, day from Monday, half, role?, "locked"?)`` and needs
    ``(service, day, half, minimum, role?)`` make a program."""

    def build(rows, needs=(), people=PEOPLE, **more):
        names = [person.id for person in people]
        columns = [_row(names, [each.abbreviation for each in SERVICES], row) for row in rows]
        person, service, day, half, role, locked = zip(*columns, strict=True) if columns else [()] * 6
        return Program(
            timezone="UTC",
            people=tuple(people),
            pgy_levels=tuple(PgyLevel(name, 2026, LEVELS[name]) for name in names if name in LEVELS),
            services=SERVICES,
            coverage=tuple(
                CoverageRequirement(
                    service,
                    Half(half),
                    minimum,
                    day=MONDAY + timedelta(days=day),
                    role=CoverageRole(*role) if role else CoverageRole.PRIMARY,
                )
                for service, day, half, minimum, *role in needs
            ),
            assignments=Assignments(
                np.array(person, np.int32),
                np.array(service, np.int32),
                np.array(day, "datetime64[D]"),
                np.array(half, np.int8),
                np.array(role, np.int8),
                np.zeros(len(columns), np.int8),
                np.array(locked, np.bool_),
            ),
            **more,
        )

    return build


@pytest.fixture
def away():
    """A function: the case of a person away from one day to another, counted from Monday."""

    def case(program, person, first=0, last=0, covered=COVERED, **more):
        days = MONDAY + timedelta(days=first), MONDAY + timedelta(days=last)
        return AbsenceCase.of(program, person, days, rule_set(), covered, **more)

    return case


@pytest.fixture
def night():
    """A function: a call shift that begins on the evening of a day counted from Monday."""

    def shift(person, day, kind="overnight", hours=12, in_house=True, at=19):
        start = datetime.combine(MONDAY, datetime.min.time(), UTC) + timedelta(days=day, hours=at)
        return CallShift(person, start, start + timedelta(hours=hours), CallKind(kind), in_house)

    return shift


@pytest.fixture
def skilled():
    """A function: the clinic's people, some with the credential for colposcopy."""

    def people(*names):
        return tuple(
            replace(each, credentials=("colposcopy",)) if each.id in names else each for each in PEOPLE
        )

    return people


@pytest.fixture
def labels():
    """The ids of the clinic's people."""
    return tuple(person.id for person in PEOPLE)
