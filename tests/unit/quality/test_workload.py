"""Cohorts, availability, half-days, points and targets of people."""

from datetime import UTC, date, datetime, timedelta

import pytest

from residency.program.calendar import Period
from residency.program.records import Absence, CallShift, Person, PgyLevel
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceStatus, AbsenceType, CallKind, FacultyRole, PersonType
from residency.quality.cohorts import members
from residency.quality.metrics import program_hours
from residency.quality.workload import half_days_of_duty, person_loads, summarize, workload_points


@pytest.fixture
def loads_of(schedules):
    def loads(program, period=schedules.week, target=60.0):
        snapshot = Snapshot.of(program, period)
        who = members(program, snapshot)
        told = person_loads(
            program, snapshot, who, program_hours(program, period), snapshot.person_ids, target
        )
        return {each.person: each for each in told}

    return loads


def test_cohorts_are_residents_of_a_year_and_faculty_of_a_role(schedules, loads_of):
    people = [
        schedules.resident("r1"),
        schedules.resident("r2"),
        schedules.attending("f1", FacultyRole.DEPT_CHIEF),
        schedules.attending("f2", None),
        Person("student", "Student", PersonType.MED_STUDENT),
    ]
    program = schedules.build(people, [("r1", "WARD", 0, 0)], pgy_levels=(PgyLevel("r1", 2025, 3),))
    assert {name: load.cohort for name, load in loads_of(program).items()} == {
        "r1": "PGY-3",
        "r2": "PGY-2",
        "f1": "faculty dept chief",
        "f2": "faculty",
    }


def test_the_year_that_holds_most_of_the_period_decides(schedules, loads_of):
    levels = (PgyLevel("r", 2025, 1), PgyLevel("r", 2026, 2))
    program = schedules.build([schedules.resident("r")], [("r", "WARD", 0, 0)], pgy_levels=levels)
    around = {days: Period(date(2026, 6, 28), date(2026, 6, 28) + timedelta(days=days)) for days in (6, 7)}
    assert loads_of(program, around[6])["r"].cohort == "PGY-1"
    assert loads_of(program, around[7])["r"].cohort == "PGY-2"


def test_people_who_serve_on_no_day_of_the_period_are_left_out(schedules, loads_of):
    week = schedules.week
    people = [
        schedules.resident("gone", active_to=week.start - timedelta(days=1)),
        schedules.resident("last", active_to=week.start),
        schedules.resident("first", active_from=week.end - timedelta(days=1)),
        schedules.resident("later", active_from=week.end),
    ]
    told = loads_of(schedules.build(people, [("last", "WARD", 0, 0)]))
    assert {name: load.available for name, load in told.items()} == {"last": 1 / 7, "first": 1 / 7}


def test_absence_takes_from_availability_and_from_the_target_and_call_does_not(schedules, loads_of):
    monday = schedules.monday
    evening = datetime(2026, 3, 3, 5, tzinfo=UTC)  # 19:00 on Monday in Honolulu
    people = [schedules.resident(name, fte=0.5) for name in ("away", "called", "assigned")]
    program = schedules.build(
        people,
        [("assigned", "LV", 0, 0), ("called", "WARD", 0, 0)],
        absences=(
            Absence("away", monday, monday + timedelta(days=2), AbsenceType.VACATION),
            Absence("called", monday, monday, AbsenceType.VACATION, AbsenceStatus.PENDING),
        ),
        call_shifts=(
            CallShift("called", evening, evening + timedelta(hours=12), CallKind.OVERNIGHT, in_house=True),
        ),
    )
    told = loads_of(program)
    assert told["away"].available == pytest.approx(8 / 14)
    assert told["away"].target_hours == pytest.approx(60 * 0.5 * 8 / 14)
    assert told["called"].available == 1
    assert told["called"].hours == 18
    assert told["called"].percent_of_target == pytest.approx(100 * 18 / 30)
    assert told["assigned"].available == pytest.approx(13 / 14)


def test_a_resident_who_cannot_work_has_no_percentage(schedules, loads_of):
    program = schedules.build([schedules.resident("r", fte=0.0)], [("r", "WARD", 0, 0)])
    load = loads_of(program)["r"]
    assert (load.target_hours, load.percent_of_target, load.hours) == (0, None, 6)
    assert summarize([load], 60.0) is None


def test_only_residents_have_targets_and_are_summed_up(schedules, loads_of):
    people = [schedules.resident("a"), schedules.resident("b"), schedules.attending("f")]
    rows = [("a", "WARD", day, half) for day in range(5) for half in (0, 1)] + [("f", "CLINIC", 0, 0)]
    told = loads_of(schedules.build(people, rows))
    assert told["f"].target_hours is None
    summary = summarize(tuple(told.values()), 60.0)
    assert summary is not None
    assert (summary.residents, summary.mean_hours, summary.sd_hours) == (2, 30, 30)
    assert (summary.min_hours, summary.max_hours, summary.mean_percent_of_target) == (0, 60, 50)


def test_half_days_count_duty_alone(schedules):
    rows = [
        ("r", "WARD", 0, 0),
        ("r", "CLINIC", 0, 1),
        ("r", "OFF", 1, 0),
        ("r", "LV", 1, 1),
        ("r", "WARD", 9, 0),
    ]
    program = schedules.build([schedules.resident("r")], rows)
    assert half_days_of_duty(program, Snapshot.of(program, schedules.week)).tolist() == [2]


def test_points_of_a_week(schedules):
    """A ward week 3, clinic .5, administration .25, a call 1 whether assigned, a shift or both; backup 0."""
    monday = datetime(2026, 3, 3, 5, tzinfo=UTC)

    def shift(person, day, kind=CallKind.OVERNIGHT):
        begin = monday + timedelta(days=day)
        return CallShift(person, begin, begin + timedelta(hours=12), kind, in_house=True)

    rows = [("ward", "WARD", day, half) for day in range(7) for half in (0, 1)]
    rows += [("clinic", "CLINIC", 0, 0), ("clinic", "CLINIC", 0, 1), ("clinic", "ADMIN", 1, 0)]
    rows += [("call", "CALL", 0, 0), ("call", "CALL", 0, 1), ("night", "NF", 0, 0), ("night", "NF", 0, 1)]
    people = [schedules.resident(name) for name in ("ward", "clinic", "call", "night", "shift", "backup")]
    shifts = (
        shift("call", 0),
        shift("shift", 1),
        shift("shift", 2, CallKind.HOME),
        shift("shift", 9),
        shift("backup", 1, CallKind.BACKUP),
    )
    program = schedules.build(people, rows, call_shifts=shifts)
    points = workload_points(program, Snapshot.of(program, schedules.week))
    assert points.tolist() == pytest.approx([3, 1.25, 1, 1, 2, 0])


def test_a_period_without_days_has_nobody_to_compare(schedules):
    program = schedules.build([schedules.resident("r")], [("r", "WARD", 0, 0)])
    nothing = Period(schedules.monday, schedules.monday)
    assert members(program, Snapshot.of(program, nothing)).row.tolist() == []
