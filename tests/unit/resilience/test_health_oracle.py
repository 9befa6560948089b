"""Health figures against a loop over the program's own records, on small random programs."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from residency.program.calendar import Period, academic_year
from residency.program.eligibility import ineligibility
from residency.program.records import (
    DEFAULT_PGY,
    ROLE_CODES,
    ROLES,
    Assignments,
    PgyLevel,
)
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import (
    AbsenceStatus,
    AbsenceType,
    CoverageRole,
    DayType,
    Half,
    PersonType,
    ServiceKind,
)
from residency.resilience.health import assess

PERIOD = Period(date(2026, 6, 29), date(2026, 7, 3))
"""Monday to Thursday across the turn of the academic year."""

BLOCKS = [(PERIOD.day(block), PERIOD.half(block)) for block in range(PERIOD.blocks)]
MULTIPLIER = {DayType.NORMAL: 1, DayType.FEDERAL_HOLIDAY: Fraction(1, 4), DayType.EO_CLOSURE: 0}


def half_day_after(day, half):
    return (day, Half.PM) if half is Half.AM else (day + timedelta(days=1), Half.AM)


def is_available(program, person, day, half):
    if (person.active_from and day < person.active_from) or (person.active_to and day > person.active_to):
        return False
    for absence in program.absences:
        if absence.person != person.id or absence.status is AbsenceStatus.ANTICIPATED:
            continue
        recovery = timedelta(days=3 if absence.type is AbsenceType.CONVALESCENT else 0)
        last = (absence.end_date + recovery, absence.end_half)
        if (absence.start_date, absence.start_half) <= (day, half) <= last:
            return False
    start = datetime(day.year, day.month, day.day, 7 if half is Half.AM else 13, tzinfo=UTC)
    for call in program.call_shifts:
        if call.person == person.id and call.in_house:
            rest = 14 if call.end - call.start >= timedelta(hours=24) else 8
            if call.start <= start < call.end + timedelta(hours=rest):
                return False
    return not any(service.kind is ServiceKind.RECOVERY for service, _, _ in held(program, person, day, half))


def held(program, person, day, half):
    rows = program.assignments
    return [
        (program.services[rows.service[i]], ROLES[rows.role[i]], i)
        for i in range(len(rows))
        if program.people[rows.person[i]] is person
        and rows.day[i] == np.datetime64(day)
        and rows.half[i] == (half is Half.PM)
    ]


def demand_of(program, service, role, day, half):
    rows = [r for r in program.coverage if (r.service, r.role, r.half) == (service.abbreviation, role, half)]
    dated = [r.minimum for r in rows if r.day == day]
    weekly = [
        r.minimum
        for r in rows
        if r.weekday == day.weekday() and (r.valid_from is None or r.valid_from <= day)
    ]
    minimum = dated[0] if dated else max(weekly, default=0)
    day_type = next((c.day_type for c in program.calendar if c.day == day), DayType.NORMAL)
    if service.kind is ServiceKind.INPATIENT:
        return minimum
    return ceil(minimum * MULTIPLIER[day_type])


def pgy_on(program, person, day):
    if person.type is not PersonType.RESIDENT:
        return 0
    levels = [
        level.pgy
        for level in program.pgy_levels
        if level.person == person.id and level.academic_year == academic_year(day)
    ]
    return levels[0] if levels else DEFAULT_PGY


def may(program, person, service, role, day):
    return ineligibility(person, service, role, pgy_on(program, person, day)) is None


def oracle(program):
    """The same figures by loops over half-days, services, roles and people."""
    posts = {(row.service, row.role) for row in program.coverage}
    out = {
        "faculty_demanded": 0,
        "faculty_available": 0,
        "required": 0,
        "filled": 0,
        "gaps": {},
        "supervision_gaps": {},
        "margins": {},
        "staff": {},
        "derived": 0,
        "shared": 0,
    }
    for day, half in BLOCKS:
        here = {person.id: is_available(program, person, day, half) for person in program.people}
        out["faculty_available"] += sum(
            here[p.id] for p in program.people if p.type is PersonType.FACULTY and p.fte > 0
        )
        explicit, units, supervisors = {}, {}, {}
        for service in program.services:
            place = service.clinic_location or "clinic"
            margins, staff, service_demand = [], set(), 0
            for role in (CoverageRole.PRIMARY, CoverageRole.SUPERVISING):
                if (service.abbreviation, role) not in posts:
                    continue
                demand = demand_of(program, service, role, day, half)
                able = [p for p in program.people if may(program, p, service, role, day)]
                holders = [
                    p
                    for p in program.people
                    if here[p.id]
                    and p in able
                    and any(s is service and r is role for s, r, _ in held(program, p, day, half))
                ]
                filled = min(demand, len(holders))
                out["required"] += demand
                out["filled"] += filled
                if filled < demand:
                    key = (day, half, service.abbreviation)
                    out["gaps"][key] = out["gaps"].get(key, 0) + demand - filled
                residents = [p for p in holders if p.type is PersonType.RESIDENT]
                able_types = {p.type for p in able}
                if role is CoverageRole.SUPERVISING or PersonType.RESIDENT not in able_types:
                    out["faculty_demanded"] += demand
                elif PersonType.FACULTY in able_types:
                    out["faculty_demanded"] += max(0, demand - len(residents))
                    out["shared"] += len(residents) > 0
                if role is CoverageRole.SUPERVISING:
                    explicit[place] = explicit.get(place, 0) + demand
                if demand:
                    around = {p.id for p in able if here[p.id]}
                    margins.append(len(around) - demand)
                    staff |= around
                    service_demand += demand
            if service_demand:
                margins.append(len(staff) - service_demand)
                out["margins"].setdefault(service.abbreviation, []).append(min(margins))
                out["staff"].setdefault(service.abbreviation, []).append(len(staff))
        for person in program.people:
            if not here[person.id]:
                continue
            for service, role, _ in held(program, person, day, half):
                place = service.clinic_location or "clinic"
                if person.type is PersonType.RESIDENT and service.needs_supervision and not service.inpatient:
                    own = 2 if pgy_on(program, person, day) == 1 else 1
                    units[place] = units.get(place, 0) + own + service.procedure_units
                if person.type is PersonType.FACULTY and person.fte > 0 and role is CoverageRole.SUPERVISING:
                    supervisors[place] = supervisors.get(place, 0) + 1
        for place, sum_of_units in units.items():
            attendings = ceil(Fraction(sum_of_units, 4))
            beyond = max(0, attendings - explicit.get(place, 0))
            out["faculty_demanded"] += beyond
            out["derived"] += beyond
            if attendings > supervisors.get(place, 0):
                out["supervision_gaps"][day, half, place] = attendings - supervisors.get(place, 0)
    return out


def check(program):
    expected = oracle(program)
    found = assess(Snapshot.of(program, PERIOD), None)
    assert found.faculty_demanded == expected["faculty_demanded"]
    assert found.faculty_available == expected["faculty_available"]
    if found.faculty_available:
        used = expected["faculty_demanded"] / expected["faculty_available"]
    else:
        used = float(expected["faculty_demanded"] > 0)
    assert found.utilization == pytest.approx(used)
    assert (found.required_slots, found.filled_slots) == (expected["required"], expected["filled"])
    assert {(g.day, g.half, g.service): g.missing for g in found.gaps} == expected["gaps"]
    assert {(g.day, g.half, g.service): g.missing for g in found.supervision_gaps} == (
        expected["supervision_gaps"]
    )
    assert {s.service: s.worst_margin for s in found.services} == {
        name: min(margins) for name, margins in expected["margins"].items()
    }
    assert {s.service: [x for x in s.spare_by_half_day if x is not None] for s in found.services} == (
        expected["margins"]
    )
    for service in found.services:
        staff = expected["staff"][service.service]
        assert service.available == sum(staff)
        assert service.pool_size == pytest.approx(sum(staff) / len(staff))
        word = {0: "N+0", 1: "N+1"}.get(service.worst_margin, "N+2" if service.worst_margin > 0 else "BELOW")
        assert service.redundancy == word
        assert sum(service.required_by_half_day) == service.demanded
        assert sum(service.filled_by_half_day) == service.filled
    for h in found.half_days:
        assert h.filled <= h.demanded
    assert sum(h.faculty_demanded for h in found.half_days) == found.faculty_demanded
    assert sum(h.faculty_available for h in found.half_days) == found.faculty_available
    return expected


@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_figures_equal_a_loop_over_the_records(random_programs, rng):
    check(random_programs.program(rng))


def test_the_random_programs_reach_every_branch(random_programs):
    seen = {"gaps": 0, "supervision_gaps": 0, "derived": 0, "shared": 0, "covered": 0, "below": 0, "spare": 0}
    for seed in range(250):
        expected = check(random_programs.program(random.Random(seed)))  # noqa: S311 - reproducible programs, no secret
        margins = [m for row in expected["margins"].values() for m in row]
        seen["gaps"] += bool(expected["gaps"])
        seen["supervision_gaps"] += bool(expected["supervision_gaps"])
        seen["derived"] += expected["derived"] > 0
        seen["shared"] += expected["shared"] > 0
        seen["covered"] += expected["required"] == expected["filled"] > 0
        seen["below"] += any(m < 0 for m in margins)
        seen["spare"] += any(m >= 2 for m in margins)
    assert min(seen.values()) >= 5, seen


def with_person(program, person, pgy):
    levels = tuple(PgyLevel(person.id, year, pgy) for year in (2025, 2026))
    if person.type is not PersonType.RESIDENT:
        levels = ()
    return replace(program, people=(*program.people, person), pgy_levels=program.pgy_levels + levels)


def with_assignment(program, person, service, block, role):
    rows = program.assignments
    day = np.datetime64(PERIOD.day(block), "D")
    added = {
        "person": person,
        "service": service,
        "day": day,
        "half": block % 2,
        "role": ROLE_CODES[role],
        "source": 0,
        "locked": False,
    }
    columns = {name: np.append(getattr(rows, name), value) for name, value in added.items()}
    kept = {name: column.astype(getattr(rows, name).dtype) for name, column in columns.items()}
    return replace(program, assignments=Assignments(**kept))


def assert_no_worse(before, after):
    assert after.coverage >= before.coverage
    margins = {s.service: s.spare_by_half_day for s in before.services}
    assert {s.service for s in after.services} == set(margins)
    for service in after.services:
        for old, new in zip(margins[service.service], service.spare_by_half_day, strict=True):
            assert (old is None) == (new is None)
            assert old is None or new >= old


@given(rng=st.randoms(use_true_random=False), assigned=st.booleans())
@settings(max_examples=150, deadline=None)
def test_one_more_person_never_lowers_coverage_or_redundancy(random_programs, rng, assigned):
    program = random_programs.program(rng)
    before = assess(Snapshot.of(program, PERIOD), None)
    newcomer = replace(random_programs.person(rng, "new"), fte=1.0, active_from=None, active_to=None)
    larger = with_person(program, newcomer, rng.randrange(1, 4))
    if assigned:
        service = rng.randrange(len(program.services))
        block = rng.randrange(PERIOD.blocks)
        larger = with_assignment(larger, len(program.people), service, block, CoverageRole.PRIMARY)
    assert_no_worse(before, assess(Snapshot.of(larger, PERIOD), None))


@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_one_more_colleague_never_raises_utilization(random_programs, rng):
    """A resident of any kind, or faculty who can do what some colleague already can."""
    program = random_programs.program(rng)
    before = assess(Snapshot.of(program, PERIOD), None)
    newcomer = random_programs.person(rng, "new")
    if newcomer.type is PersonType.FACULTY:
        colleagues = [p for p in program.people if p.type is PersonType.FACULTY and p.fte > 0]
        assume(colleagues)
        newcomer = rng.choice(colleagues)
    newcomer = replace(newcomer, id="new", fte=1.0, active_from=None, active_to=None)
    after = assess(Snapshot.of(with_person(program, newcomer, rng.randrange(1, 4)), PERIOD), None)
    assert after.utilization <= before.utilization
    assert after.faculty_demanded <= before.faculty_demanded
