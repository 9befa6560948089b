"""One order of rows for equal programs, and a fingerprint of the schedule alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from residency.errors import InvalidInputError
from residency.program.canonical import canonical, schedule_hash
from residency.program.extent import first_academic_year, program_period
from residency.program.records import (
    Assignments,
    CallShift,
    CoverageRequirement,
    HoursApproval,
    Person,
    Program,
    Rotation,
    Service,
)
from residency.program.vocabulary import CallKind, Half, PersonType, ServiceKind


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_shuffled_rows_come_back_in_one_order(programs, as_rows, data):
    program = data.draw(programs)
    people = data.draw(st.permutations(range(len(program.people))))
    services = data.draw(st.permutations(range(len(program.services))))
    rows = program.assignments
    moved = replace(
        rows,
        person=np.argsort(people).astype(np.int32)[rows.person],
        service=np.argsort(services).astype(np.int32)[rows.service],
    )
    order = np.array(data.draw(st.permutations(range(len(rows)))), np.intp)
    shuffled = replace(
        program,
        people=tuple(program.people[row] for row in people),
        services=tuple(program.services[row] for row in services),
        assignments=moved.take(order),
        coverage=tuple(data.draw(st.permutations(program.coverage))),
        absences=tuple(data.draw(st.permutations(program.absences))),
        call_shifts=tuple(data.draw(st.permutations(program.call_shifts))),
        calendar=tuple(data.draw(st.permutations(program.calendar))),
        rotations=tuple(data.draw(st.permutations(program.rotations))),
        hours_approvals=tuple(data.draw(st.permutations(program.hours_approvals))),
    )
    assert as_rows(canonical(shuffled)) == as_rows(program)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_schedules_fingerprint_sees_the_schedule_and_nothing_else(programs, program_days, data):
    program = data.draw(programs)
    assume(len(program.assignments))
    start, end = program_days.start, program_days.end
    before = schedule_hash(program, start, end)
    other_people = canonical(
        replace(
            program,
            people=(
                *(replace(row, pseudonym="X") for row in program.people),
                Person("\0", "new", PersonType.FACULTY),
            ),
            assignments=program.assignments,
            absences=(),
        )
    )
    assert schedule_hash(other_people, start, end) == before
    assert schedule_hash(program, start, end + timedelta(days=1)) != before
    row = data.draw(st.integers(0, len(program.assignments) - 1))
    for column, change in (("role", 1), ("source", 1), ("day", 1), ("half", 1)):
        cells = getattr(program.assignments, column).copy()
        cells[row] += change
        changed = replace(program, assignments=replace(program.assignments, **{column: cells}))
        assert schedule_hash(changed, start, end) != before
    fewer = replace(program, assignments=program.assignments.take(np.arange(len(program.assignments)) != row))
    assert schedule_hash(fewer, start, end) != before
    person, service = program.people[0].id, program.services[0].abbreviation
    other = Rotation(person, service, date(2030, 7, 1), date(2030, 7, 28))
    assert schedule_hash(replace(program, rotations=(*program.rotations, other)), start, end) != before
    approved = HoursApproval(88.0, start, end, "GMEC")
    assert schedule_hash(replace(program, hours_approvals=(approved,)), start, end) == before


def test_the_fingerprint_of_a_schedule_is_the_one_that_databases_hold():
    """Were it another, every schedule would be imported again as a version of its own."""
    assignments = Assignments(
        person=np.array([1, 0], np.int32),
        service=np.array([0, 0], np.int32),
        day=np.array(["2026-07-06", "2026-07-07"], "datetime64[D]"),
        half=np.array([0, 1], np.int8),
        role=np.array([0, 1], np.int8),
        source=np.array([2, 1], np.int8),
        locked=np.array([False, True]),
    )
    night = (datetime(2026, 7, 6, 17, tzinfo=UTC), datetime(2026, 7, 7, 5, tzinfo=UTC))
    program = clinic(
        people=(Person("A", "A", PersonType.FACULTY), Person("B", "B", PersonType.RESIDENT)),
        assignments=assignments,
        call_shifts=(CallShift("A", *night, CallKind.OVERNIGHT, in_house=True),),
    )
    assert schedule_hash(program, date(2026, 7, 6), date(2026, 7, 8)) == (
        "a716cb7fbcb6fa54f97b2ab971b143db59bf962786291f63504fb2e176976820"
    )
    # What the schedule says of averaging is part of it, where it says anything.
    rotated = replace(program, rotations=(Rotation("B", "C", date(2026, 7, 6), date(2026, 7, 7)),))
    assert schedule_hash(rotated, date(2026, 7, 6), date(2026, 7, 8)) == (
        "7624c4753cdabd06496a6b85ddf59d7cdd2b37bc78d1b0e9c4c38d77044bdaf0"
    )


def clinic(**changes):
    return Program("UTC", services=(Service("C", "Clinic", ServiceKind.OUTPATIENT),), **changes)


def test_the_period_spans_assignments_and_dated_coverage():
    rows = (
        CoverageRequirement("C", Half.AM, 1, day=date(2026, 6, 30)),
        CoverageRequirement("C", Half.AM, 1, day=date(2026, 7, 9)),
        CoverageRequirement("C", Half.AM, 1, weekday=0, valid_from=date(2020, 1, 1)),
    )
    program = clinic(coverage=rows)
    period = program_period(program)
    assert (period.start, period.end) == (date(2026, 6, 30), date(2026, 7, 10))
    assert first_academic_year(program) == 2025


def test_without_a_date_there_is_no_period():
    program = clinic(coverage=(CoverageRequirement("C", Half.AM, 1, weekday=0),))
    assert first_academic_year(program) is None
    with pytest.raises(
        InvalidInputError, match="assignments: '' is not valid; expected at least one assignment"
    ):
        program_period(program)
