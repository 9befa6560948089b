"""Leave is counted in half-days, none twice; coverage never exceeds the whole; every resident has a line."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from residency.acgme.findings import PersonFigures
from residency.acgme.record import Basis
from residency.program.calendar import Period
from residency.program.records import Absence, CoverageRequirement, Person, PgyLevel, Program, Service
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceStatus, AbsenceType, Half, PersonType, ServiceKind
from residency.quality.coverage import coverage
from residency.reports.compliance_body import Figures
from residency.reports.compliance_facts import coverage_section, leave_section, residents_of
from residency.reports.compliance_names import Pseudonyms

WEEK = Period(date(2026, 11, 13), date(2026, 11, 20))
ADA = Person("r1", "Ada Quillfeather", PersonType.RESIDENT, pseudonym="resident-001")
NAMES = Pseudonyms.of([ADA])

absences = st.lists(
    st.builds(
        lambda first, days, halves, kind, status: Absence(
            "r1", first, first + timedelta(days=days), kind, status, *halves
        ),
        st.dates(date(2026, 5, 1), date(2027, 8, 1)),
        st.integers(1, 40),
        st.tuples(st.sampled_from(Half), st.sampled_from(Half)),
        st.sampled_from(AbsenceType),
        st.sampled_from(AbsenceStatus),
    ),
    max_size=6,
)


def half_days(rows, first, after):
    """Every half-day of an effective absence in [first, after), one by one."""
    found = set()
    for row in rows:
        if row.status not in (AbsenceStatus.APPROVED, AbsenceStatus.CONFIRMED):
            continue
        day = row.start_date
        while day <= row.end_date:
            for half in Half:
                early = day == row.start_date and half is Half.AM and row.start_half is Half.PM
                late = day == row.end_date and half is Half.PM and row.end_half is Half.AM
                if first <= day < after and not early and not late:
                    found.add((day, half))
            day += timedelta(days=1)
    return found


@given(rows=absences)
def test_days_away_are_the_half_days_that_some_absence_takes(rows):
    section = leave_section([ADA], rows, WEEK, NAMES)
    year = half_days(rows, date(2026, 7, 1), date(2027, 7, 1))
    week = half_days(rows, WEEK.start, WEEK.end)
    assert section.academic_year == 2026
    assert bool(section.people) == bool(year)
    for line in section.people:
        assert line.person == "resident-001"
        assert (line.in_year, line.in_period) == (len(year) / 2, len(week) / 2)
        assert line.over_limit == (len(year) > 56)
        by_type = {
            kind.replace("_", " "): len(half_days([row for row in rows if row.type is kind], *YEAR)) / 2
            for kind in AbsenceType
        }
        assert dict(line.by_type) == {kind: days for kind, days in by_type.items() if days}
        assert [days for _, days in line.by_type] == sorted(by_type.values(), reverse=True)[
            : len(line.by_type)
        ]


YEAR = (date(2026, 7, 1), date(2027, 7, 1))


def test_twenty_eight_days_are_not_too_many_and_half_a_day_more_is():
    first = date(2026, 8, 1)
    row = Absence("r1", first, first + timedelta(days=27), AbsenceType.VACATION)
    (line,) = leave_section([ADA], [row], WEEK, NAMES).people
    assert (line.in_year, line.in_period, line.over_limit) == (28, 0, False)
    longer = replace(row, end_date=row.end_date + timedelta(days=1), end_half=Half.AM)
    (line,) = leave_section([ADA], [longer], WEEK, NAMES).people
    assert (line.in_year, line.over_limit) == (28.5, True)
    asked = replace(longer, status=AbsenceStatus.PENDING)
    assert leave_section([ADA], [asked], WEEK, NAMES).people == ()


def test_the_year_is_that_of_the_period_s_last_day_and_other_people_are_not_listed():
    row = Absence("r1", date(2026, 6, 30), date(2026, 7, 1), AbsenceType.SICK)
    period = Period(date(2026, 6, 26), date(2026, 7, 3))
    assert leave_section([], [row], period, NAMES).people == ()
    (line,) = leave_section([ADA], [row], period, NAMES).people
    assert (line.in_year, line.in_period) == (1, 2)


@given(held=st.lists(st.integers(0, 7), min_size=4, max_size=4), needed=st.integers(0, 4))
def test_coverage_is_never_above_the_whole_however_many_hold_a_slot(held, needed):
    people = tuple(Person(f"p{i}", f"N {i}", PersonType.RESIDENT) for i in range(8))
    service = Service("WARD", "Ward", ServiceKind.INPATIENT)
    wanted = CoverageRequirement("WARD", Half.AM, needed, weekday=0)
    program = Program("UTC", people=people, services=(service,), coverage=(wanted,))
    monday = date(2026, 11, 2)
    days = [monday + timedelta(weeks=week) for week, count in enumerate(held) for _ in range(count)]
    who = [person for count in held for person in range(count)]
    rows = program.assignments
    count = len(who)
    assigned = type(rows)(
        person=np.array(who, np.int32),
        service=np.zeros(count, np.int32),
        day=np.array(days, "datetime64[D]"),
        half=np.zeros(count, np.int8),
        role=np.zeros(count, np.int8),
        source=np.zeros(count, np.int8),
        locked=np.zeros(count, np.bool_),
    )
    snapshot = Snapshot.of(
        replace(program, assignments=assigned), Period(monday, monday + timedelta(weeks=4))
    )
    section = coverage_section(coverage(snapshot))
    assert section.required == 4 * needed
    assert section.filled == sum(min(each, needed) for each in held) <= section.required
    assert all(0 <= line.filled <= line.required for line in section.services)


def test_the_least_filled_service_comes_first_and_one_without_demand_is_left_out(filled):
    section = coverage_section(filled(("Full", 4, 4), ("Half", 4, 2), ("Idle", 0, 0), ("Also half", 2, 1)))
    assert [line.service for line in section.services] == ["Also half", "Half", "Full"]


def test_every_resident_of_the_period_has_a_line_and_figures_of_both_bases_apart(full, program):
    body = full(program=replace(program, pgy_levels=(PgyLevel("r2", 2026, 1), PgyLevel("r1", 2025, 3))))
    assert [(line.person, line.pgy) for line in body.residents] == [
        ("resident-002", 1),
        ("resident-001", None),
    ]
    second, first = body.residents
    assert first.planned == first.logged
    assert first.planned == Figures(
        max_average_hours=85.0, max_week_hours=90.0, min_gap_hours=7.5, min_free_days=4
    )
    assert second.planned.max_average_hours is None
    assert second.logged is None


def test_residents_are_those_in_training_then_and_those_a_finding_is_about(finding, judgement):
    gone = replace(ADA, id="gone", active_to=date(2026, 11, 12))
    later = replace(ADA, id="later", active_from=date(2026, 11, 20))
    leaving = replace(ADA, id="leaving", active_to=date(2026, 11, 13))
    coming = replace(ADA, id="coming", active_from=date(2026, 11, 19))
    faculty = Person("f", "F", PersonType.FACULTY)
    program = Program("UTC", people=(gone, later, leaving, coming, faculty))
    assert [each.id for each in residents_of(program, WEEK, (None, None))] == ["leaving", "coming"]
    found = judgement(
        Basis.LOGGED, [finding(person="gone")], people=[PersonFigures("gone", 1.0, 1.0, 1.0, 1)]
    )
    assert [each.id for each in residents_of(program, WEEK, (None, found))] == ["gone", "leaving", "coming"]
