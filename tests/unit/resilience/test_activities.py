"""The work of a schedule as activities: a small program by hand, and totals of random ones by loops."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from residency.program.calendar import Period
from residency.program.records import (
    ROLE_CODES,
    Assignments,
    CoverageRequirement,
    Person,
    PgyLevel,
    Program,
    Service,
)
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import CoverageRole, Half, PersonType, ServiceKind
from residency.resilience.activities import activities_of, faculty_capacity
from residency.resilience.load_shedding import LEVELS, SUSPENDED_CATEGORIES, shed
from residency.resilience.utilization import faculty_load

MONDAY = date(2026, 3, 2)
DAY = Period(MONDAY, date(2026, 3, 3))
PRIMARY, SUPERVISING = ROLE_CODES[CoverageRole.PRIMARY], ROLE_CODES[CoverageRole.SUPERVISING]


def assigned(*rows):
    """Assignments on one Monday from (person, service, half, role)."""
    person, service, half, role = (np.array(column) for column in zip(*rows, strict=True))
    return Assignments(
        person=person.astype(np.int32),
        service=service.astype(np.int32),
        day=np.full(len(rows), MONDAY, "datetime64[D]"),
        half=half.astype(np.int8),
        role=role.astype(np.int8),
        source=np.zeros(len(rows), np.int8),
        locked=np.zeros(len(rows), np.bool_),
    )


def clinic_day():
    """Residents in clinic under an attending, a lecture beyond demand, a procedure, and somebody on leave."""
    clinic = Service(
        "C",
        "Clinic",
        ServiceKind.OUTPATIENT,
        load_category=3,
        hours_am=4.0,
        required_type=PersonType.RESIDENT,
        needs_supervision=True,
    )
    scope = Service("P", "Scope", ServiceKind.PROCEDURE, load_category=4, required_type=PersonType.FACULTY)
    lecture = Service("L", "Lecture", ServiceKind.EDUCATION, load_category=7, hours_am=1.5)
    off = Service("O", "Off", ServiceKind.OFF, load_category=7)
    residents = tuple(Person(f"R{number}", f"R{number}", PersonType.RESIDENT) for number in range(2))
    faculty = tuple(Person(f"F{number}", f"F{number}", PersonType.FACULTY) for number in range(4))
    return Program(
        "UTC",
        people=(*residents, *faculty),
        pgy_levels=tuple(PgyLevel(person.id, 2025, 2) for person in residents),
        services=(clinic, scope, lecture, off),
        coverage=(
            CoverageRequirement("C", Half.AM, 1, weekday=0),
            CoverageRequirement("P", Half.AM, 2, weekday=0),
        ),
        assignments=assigned(
            (0, 0, 0, PRIMARY),
            (1, 0, 0, PRIMARY),
            (2, 0, 0, SUPERVISING),
            (3, 1, 0, PRIMARY),
            (4, 2, 0, PRIMARY),
            (5, 3, 0, PRIMARY),
            (0, 2, 1, PRIMARY),
        ),
    )


def test_work_is_required_where_coverage_asks_and_optional_beyond():
    program = clinic_day()
    found = activities_of(program, Snapshot.of(program, DAY))
    told = {
        (each.service, each.category, each.required): (each.minutes, each.resident_minutes) for each in found
    }
    assert told == {
        ("C", 3, True): (0, 240),
        ("C", 3, False): (0, 240),
        ("P", 4, True): (720, 0),
        ("L", 7, False): (90, 360),
        ("supervision:clinic", 3, True): (360, 0),
    }
    names = {each.service: each.name for each in found}
    assert names["P"] == "Scope"
    assert names["supervision:clinic"] == "Supervision of residents in clinic"


def test_a_supervising_post_takes_the_place_of_the_derived_need():
    program = clinic_day()
    post = CoverageRequirement("C", Half.AM, 1, weekday=0, role=CoverageRole.SUPERVISING)
    clinic = replace(program.services[0], required_type=None)
    program = replace(program, coverage=(*program.coverage, post), services=(clinic, *program.services[1:]))
    found = {
        (each.service, each.required): each.minutes
        for each in activities_of(program, Snapshot.of(program, DAY))
    }
    assert found["C", True] == 240
    assert ("supervision:clinic", True) not in found


def test_the_capacity_is_four_fifths_of_the_faculty_s_half_days():
    program = clinic_day()
    assert faculty_capacity(Snapshot.of(program, DAY)) == 8 * 4 * 2 * 360 // 10
    nobody = replace(program, people=(), assignments=Assignments.empty(), pgy_levels=())
    assert faculty_capacity(Snapshot.of(nobody, DAY)) == 0


def test_nothing_is_no_work():
    assert activities_of(Program("UTC"), Snapshot.of(Program("UTC"), DAY)) == ()


@given(st.randoms(use_true_random=False))
def test_the_work_after_each_level_is_what_the_schedule_without_it_asks(random_programs, rng):
    """Shedding a level leaves exactly the faculty half-days that a health check of the rest demands."""
    program = random_programs.program(rng)
    program = replace(
        program,
        services=tuple(
            replace(each, load_category=rng.randrange(1, 8), hours_am=6.0, hours_pm=6.0)
            for each in program.services
        ),
        coverage=tuple(each for each in program.coverage if each.role is CoverageRole.PRIMARY),
    )
    work = [
        each for each in activities_of(program, Snapshot.of(program, random_programs.period)) if each.required
    ]
    assert max(Counter((each.service, each.category) for each in work).values(), default=1) == 1
    for level in LEVELS:
        demanded = demanded_after(program, random_programs.period, SUSPENDED_CATEGORIES[level])
        assert shed(work, level).protected_minutes == 360 * demanded


def demanded_after(program, period, stopped):
    """Faculty half-days that the duty services left ask for, by the health check's own count."""
    left = {s.abbreviation for s in program.services if s.load_category not in stopped and s.counts_as_duty}
    kept = [row for row, s in enumerate(program.services) if s.abbreviation in left]
    rows = np.isin(program.assignments.service, kept) | np.isin(
        program.assignments.service,
        [row for row, s in enumerate(program.services) if not s.counts_as_duty],
    )
    coverage = tuple(each for each in program.coverage if each.service in left)
    smaller = replace(program, coverage=coverage, assignments=program.assignments.take(rows))
    return int(faculty_load(Snapshot.of(smaller, period)).demanded.sum())


@pytest.mark.parametrize("seed", range(3))
def test_the_oracle_sees_work_to_compare(random_programs, seed):
    asked = 0
    for number in range(20):
        program = random_programs.program(random.Random(20 * seed + number))  # noqa: S311 - a seed makes it repeatable
        asked += sum(
            each.minutes > 0 for each in activities_of(program, Snapshot.of(program, random_programs.period))
        )
    assert asked > 20
