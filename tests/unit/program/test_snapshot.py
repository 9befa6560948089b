"""The columnar picture says what the program's rows say, one by one."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.program.availability import availability
from residency.program.calendar import Period, academic_year
from residency.program.eligibility import ineligibility
from residency.program.records import ROLES, CoverageRequirement, Person, PgyLevel, Program, Service
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import CoverageRole, Half, PersonType, ServiceKind


@st.composite
def pictures(draw, programs, days):
    program = draw(programs)
    start, length = draw(st.just((0, 6)) | st.tuples(st.integers(-2, 4), st.integers(0, 8)))
    period = Period.horizon(days.start + timedelta(days=start), length)
    return program, period, Snapshot.of(program, period)


def pgy_of(program, person, day):
    if person.type is not PersonType.RESIDENT:
        return 0
    levels = {(row.person, row.academic_year): row.pgy for row in program.pgy_levels}
    return levels.get((person.id, academic_year(day)), 2)


def rows_inside(program, period, as_rows):
    return [row for row in as_rows(program)["assignments"] if row[2] in period]


def present(program, period, as_rows):
    """Availability after assignments to rest and absence are taken off, as {(person, day, half): bool}."""
    index = {person.id: row for row, person in enumerate(program.people)}
    grid = availability(
        period, program.timezone, program.people, index, program.absences, program.call_shifts
    )
    found = {
        (person, period.day(block), block % 2): bool(grid[row, block])
        for person, row in index.items()
        for block in range(period.blocks)
    }
    kinds = {service.abbreviation: service.kind for service in program.services}
    for person, service, day, half, *_ in rows_inside(program, period, as_rows):
        if kinds[service] in {ServiceKind.RECOVERY, ServiceKind.ABSENCE}:
            found[person, day, half] = False
    return found


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_availability_and_eligibility_are_the_rules(programs, program_days, as_rows, data):
    program, period, snapshot = data.draw(pictures(programs, program_days))
    there = present(program, period, as_rows)
    for (person, day, half), expected in there.items():
        block = 2 * (day - period.start).days + half
        assert snapshot.available[snapshot.person_ids.index(person), block] == expected
    for block in range(period.blocks):
        for post, (service, role) in enumerate(
            zip(snapshot.post_service.tolist(), snapshot.post_role.tolist(), strict=True)
        ):
            for row, person in enumerate(program.people):
                reason = ineligibility(
                    person, program.services[service], ROLES[role], pgy_of(program, person, period.day(block))
                )
                assert snapshot.eligible[snapshot.block_year[block], post, row] == (reason is None)


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_slots_are_filled_by_eligible_people_who_are_there(programs, program_days, as_rows, data):
    program, period, snapshot = data.draw(pictures(programs, program_days))
    people = {person.id: person for person in program.people}
    services = {service.abbreviation: service for service in program.services}
    posts = {
        (snapshot.service_ids[service], ROLES[role]): post
        for post, (service, role) in enumerate(
            zip(snapshot.post_service.tolist(), snapshot.post_role.tolist(), strict=True)
        )
    }
    there = present(program, period, as_rows)
    expected = np.zeros(snapshot.demand.shape, np.int32)
    counted = 0
    for who, what, day, half, role, *_ in rows_inside(program, period, as_rows):
        post = posts.get((what, ROLES[role]))
        reason = ineligibility(people[who], services[what], ROLES[role], pgy_of(program, people[who], day))
        if post is not None and reason is None and there[who, day, half]:
            expected[post, 2 * (day - period.start).days + half] += 1
            counted += 1
    assert snapshot.assigned.tolist() == expected.tolist()
    assert snapshot.assignment_counts.sum() == counted
    assert snapshot.filled.tolist() == np.minimum(expected, snapshot.demand).tolist()


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_supervision_counts_units_and_attendings_of_each_place(programs, program_days, as_rows, data):
    program, period, snapshot = data.draw(pictures(programs, program_days))
    people = {person.id: person for person in program.people}
    services = {service.abbreviation: service for service in program.services}
    there = present(program, period, as_rows)
    units, attendings = Counter(), Counter()
    for who, what, day, half, role, *_ in rows_inside(program, period, as_rows):
        if not there[who, day, half]:
            continue
        person, service = people[who], services[what]
        cell = (service.clinic_location or "clinic", 2 * (day - period.start).days + half)
        if person.type is PersonType.RESIDENT and service.needs_supervision and not service.inpatient:
            first_year = pgy_of(program, person, day) == 1
            units[cell] += service.procedure_units + (
                service.supervision_units_pgy1 if first_year else service.supervision_units_other
            )
        if person.type is PersonType.FACULTY and ROLES[role] is CoverageRole.SUPERVISING and person.fte > 0:
            attendings[cell] += 1
    for row, place in enumerate(snapshot.locations):
        for block in range(period.blocks):
            assert snapshot.supervision_units[row, block] == units[place, block]
            assert snapshot.supervision_required[row, block] == -(-units[place, block] // 4)
            assert snapshot.supervisors[row, block] == attendings[place, block]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_order_of_assignments_means_nothing(programs, program_days, data):
    program, period, snapshot = data.draw(pictures(programs, program_days))
    order = np.array(data.draw(st.permutations(range(len(program.assignments)))), np.intp)
    shuffled = replace(program, assignments=program.assignments.take(order))
    assert Snapshot.of(shuffled, period).input_hash == snapshot.input_hash


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_hash_tells_programs_apart_by_what_matters(programs, program_days, data):
    program, period, snapshot = data.draw(pictures(programs, program_days))
    assert Snapshot.of(program, period).input_hash == snapshot.input_hash
    renamed = replace(program, people=tuple(replace(person, name="X") for person in program.people))
    assert Snapshot.of(renamed, period).input_hash == snapshot.input_hash
    longer = Period(period.start, period.end + timedelta(days=1))
    assert Snapshot.of(program, longer).input_hash != snapshot.input_hash


def test_residents_without_a_year_are_marked_and_judged_as_pgy_2():
    program = Program(
        "UTC", people=(Person("F", "F", PersonType.FACULTY), Person("R", "R", PersonType.RESIDENT))
    )
    snapshot = Snapshot.of(program, Period(date(2026, 6, 30), date(2026, 7, 2)))
    assert snapshot.pgy.tolist() == [[0, 0], [2, 2]]
    assert snapshot.pgy_missing.tolist() == [[False, False], [True, True]]
    assert snapshot.block_year.tolist() == [0, 0, 1, 1]


def test_only_the_years_of_the_period_matter():
    program = Program(
        "UTC",
        people=(Person("R", "R", PersonType.RESIDENT),),
        pgy_levels=tuple(PgyLevel("R", year, pgy) for year, pgy in ((2024, 1), (2026, 3), (2027, 4))),
    )
    snapshot = Snapshot.of(program, Period(date(2026, 6, 30), date(2026, 7, 2)))
    assert snapshot.pgy.tolist() == [[2, 3]]
    assert snapshot.pgy_missing.tolist() == [[True, False]]


def test_an_empty_program_and_an_empty_period_are_pictures_too():
    nothing = Snapshot.of(Program("UTC"), Period(date(2026, 7, 1), date(2026, 7, 8)))
    assert (nothing.people, nothing.demand.shape, nothing.filled.shape) == (0, (0, 14), (0, 14))
    nobody = Program("UTC", services=(Service("C", "Clinic", ServiceKind.OUTPATIENT),))
    no_time = Snapshot.of(nobody, Period(date(2026, 7, 1), date(2026, 7, 1)))
    assert (no_time.block_year.shape, no_time.supervision_units.shape) == ((0,), (1, 0))


def test_posts_are_named_with_their_part():
    program = Program(
        "UTC",
        services=(Service("C", "Continuity clinic", ServiceKind.OUTPATIENT),),
        coverage=(
            CoverageRequirement("C", Half.AM, 1, weekday=0),
            CoverageRequirement("C", Half.AM, 1, weekday=0, role=CoverageRole.SUPERVISING),
        ),
    )
    snapshot = Snapshot.of(program, Period(date(2026, 7, 1), date(2026, 7, 2)))
    assert [snapshot.post_label(post) for post in (0, 1)] == [
        "Continuity clinic",
        "Continuity clinic (supervising)",
    ]
