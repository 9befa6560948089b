"""Who and what a program no longer has is left out, unless the schedule still names them."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.program.records import (
    Absence,
    Assignments,
    CallShift,
    CoverageRequirement,
    DutyLog,
    Person,
    PgyLevel,
    Program,
    Service,
    User,
)
from residency.program.selection import without_former
from residency.program.vocabulary import (
    AbsenceType,
    CallKind,
    Half,
    PersonType,
    ServiceKind,
    UserRole,
)

NIGHT = (datetime(2026, 7, 6, 17, tzinfo=UTC), datetime(2026, 7, 7, 5, tzinfo=UTC))


def everything_of(person):
    """Rows of every kind about one person."""
    return {
        "pgy_levels": (PgyLevel(person, 2026, 2),),
        "call_shifts": (CallShift(person, *NIGHT, CallKind.OVERNIGHT, in_house=True),),
        "absences": (Absence(person, date(2026, 8, 3), date(2026, 8, 7), AbsenceType.VACATION),),
        "duty_logs": (DutyLog(person, *NIGHT),),
    }


def program_of(stays, goes):
    """Two people and two services with rows of every kind; the second of each is assigned to nothing."""
    one, two = everything_of(stays), everything_of(goes)
    return Program(
        "UTC",
        people=(
            Person(goes, "Former", PersonType.RESIDENT),
            Person(stays, "Present", PersonType.RESIDENT),
        ),
        services=(
            Service("OLD", "Old clinic", ServiceKind.OUTPATIENT),
            Service("NEW", "New clinic", ServiceKind.OUTPATIENT),
        ),
        coverage=tuple(CoverageRequirement(key, Half.AM, 1, weekday=0) for key in ("OLD", "NEW")),
        assignments=Assignments(
            person=np.array([1], np.int32),
            service=np.array([1], np.int32),
            day=np.array(["2026-07-06"], "datetime64[D]"),
            half=np.zeros(1, np.int8),
            role=np.zeros(1, np.int8),
            source=np.zeros(1, np.int8),
            locked=np.ones(1, np.bool_),
        ),
        users=(
            User("gone", "gone@example.org", UserRole.FACULTY, goes),
            User("here", "here@example.org", UserRole.FACULTY, stays),
        ),
        **{kind: two[kind] + one[kind] for kind in one},
    )


def test_former_people_and_services_leave_with_all_their_rows(as_rows):
    left = without_former(program_of("S", "G"), {"G"}, {"OLD"})
    assert [person.id for person in left.people] == ["S"]
    assert [service.abbreviation for service in left.services] == ["NEW"]
    assert [row.service for row in left.coverage] == ["NEW"]
    for kind, rows in everything_of("S").items():
        assert getattr(left, kind) == rows, kind
    assert [row[:2] for row in as_rows(left)["assignments"]] == [("S", "NEW")]
    assert [(user.username, user.person) for user in left.users] == [("gone", None), ("here", "S")]


def test_whoever_the_schedule_names_stays(as_rows):
    program = program_of("S", "G")
    assert as_rows(without_former(program, {"S"}, {"NEW"})) == as_rows(program)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_the_schedule_itself_never_changes(programs, as_rows, data):
    program = data.draw(programs)
    people = set(data.draw(st.lists(st.sampled_from([person.id for person in program.people]))))
    services = set(data.draw(st.lists(st.sampled_from([s.abbreviation for s in program.services]))))
    rows = as_rows(program)["assignments"]
    left = without_former(program, people, services)
    assert as_rows(left)["assignments"] == rows
    assert left.rotations == program.rotations
    kept = people - {row[0] for row in rows} - {rotation.person for rotation in program.rotations}
    used = services - {row[1] for row in rows} - {rotation.service for rotation in program.rotations}
    assert left.people == tuple(person for person in program.people if person.id not in kept)
    assert left.services == tuple(s for s in program.services if s.abbreviation not in used)
    assert {row.service for row in left.coverage} == {row.service for row in program.coverage} - used
    for kind in ("pgy_levels", "call_shifts", "absences", "duty_logs"):
        expected = tuple(row for row in getattr(program, kind) if row.person not in kept)
        assert getattr(left, kind) == expected, kind
    assert left.hours_approvals == tuple(row for row in program.hours_approvals if row.service not in used)
    assert left.users == tuple(
        replace(user, person=None) if user.person in kept else user for user in program.users
    )
