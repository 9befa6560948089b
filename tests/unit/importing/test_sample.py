"""The sample program is deterministic, follows the published aggregates, and is tight but not broken."""

import time
from collections import Counter, defaultdict
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from residency.errors import InvalidInputError
from residency.importing.bundle import read_program
from residency.importing.findings import findings
from residency.importing.sample import default_start, sample_program
from residency.importing.writing import write_bundle
from residency.program.calendar import Period
from residency.program.extent import program_period
from residency.program.records import ROLE_CODES
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import (
    EFFECTIVE_ABSENCE_STATUSES,
    AbsenceType,
    CallKind,
    CoverageRole,
    FacultyRole,
    PersonType,
    ServiceKind,
    UserRole,
)
from residency.settings import Settings

ZONE = "Pacific/Honolulu"
START = date(2026, 7, 1)


@pytest.fixture(scope="module", params=[1, 2, 3])
def year(request):
    return sample_program(29, 365, request.param, START, ZONE)


@pytest.fixture(scope="module")
def snapshot(year):
    return Snapshot.of(year, program_period(year))


def test_the_same_arguments_give_the_same_program(as_rows):
    first = sample_program(29, 60, 7, START, ZONE)
    assert as_rows(sample_program(29, 60, 7, START, ZONE)) == as_rows(first)
    for other in (
        sample_program(29, 60, 8, START, ZONE),
        sample_program(29, 60, 7, START + timedelta(days=7), ZONE),
    ):
        assert as_rows(other)["assignments"] != as_rows(first)["assignments"]
        assert other.absences != first.absences


def test_it_reads_back_from_a_bundle(tmp_path, as_rows):
    program = sample_program(29, 90, 1, START, ZONE)
    write_bundle(program, tmp_path / "sample")
    assert as_rows(read_program(tmp_path / "sample", Settings(timezone=ZONE, _env_file=None))) == as_rows(
        program
    )


def test_seventeen_residents_in_three_classes_and_twelve_faculty(year):
    types = Counter(person.type for person in year.people)
    assert types == {PersonType.RESIDENT: 17, PersonType.FACULTY: 12}
    assert Counter(row.pgy for row in year.pgy_levels if row.academic_year == 2026) == {1: 6, 2: 6, 3: 5}
    roles = Counter(person.faculty_role for person in year.people if person.faculty_role)
    assert roles == {**dict.fromkeys(list(FacultyRole)[:5], 1), FacultyRole.CORE: 7}
    assert {user.role for user in year.users} == {UserRole.ADMIN, UserRole.COORDINATOR}
    addresses = [row.email for row in (*year.people, *year.users)]
    assert all(address.endswith("@example.org") for address in addresses)


def test_nobody_is_assigned_to_what_they_may_not_do(year):
    assert findings(year) == []


def test_every_night_has_one_attending_and_friday_and_saturday_go_with_the_inpatient_week(year):
    zone = ZoneInfo(ZONE)
    nights = Counter(shift.start.astimezone(zone).date() for shift in year.call_shifts)
    period = program_period(year)
    assert set(nights.values()) == {1}
    assert len(nights) >= period.days - 2
    ward = next(row for row, service in enumerate(year.services) if service.abbreviation == "FMIT")
    rows = year.assignments
    inpatient = {
        (year.people[person].id, day)
        for person, day, service in zip(
            rows.person.tolist(), rows.day.tolist(), rows.service.tolist(), strict=True
        )
        if service == ward
    }
    for shift in year.call_shifts:
        local = shift.start.astimezone(zone)
        assert shift.in_house == (shift.kind is CallKind.OVERNIGHT)
        assert (shift.kind is CallKind.WEEKEND) == (local.weekday() in {4, 5})
        assert (local.hour, (shift.end - shift.start)) == (19, timedelta(hours=12))
        if shift.kind is CallKind.WEEKEND:
            assert (shift.person, local.date()) in inpatient


def test_call_is_shared_as_published(year):
    """29-41 days for full participants, two exceptions with a few; 4-7 Sundays (a week off either way)."""
    zone = ZoneInfo(ZONE)
    total, sundays = Counter(), Counter()
    for shift in year.call_shifts:
        total[shift.person] += 1
        sundays[shift.person] += shift.start.astimezone(zone).weekday() == 6
    low = [count for count in total.values() if count < 10]
    full = sorted(count for count in total.values() if count >= 10)
    assert len(full) >= 9
    assert len(low) <= 3
    assert full[len(full) // 2] in range(29, 42)
    assert max(sundays.values()) <= 9


def test_the_day_after_overnight_call_is_rest(year):
    zone = ZoneInfo(ZONE)
    rest = next(row for row, service in enumerate(year.services) if service.abbreviation == "PC")
    rows = year.assignments
    held = set(
        zip(
            rows.person[rows.service == rest].tolist(),
            rows.day[rows.service == rest].tolist(),
            rows.half[rows.service == rest].tolist(),
            strict=True,
        )
    )
    place = {person.id: row for row, person in enumerate(year.people)}
    owed = {
        (place[shift.person], shift.end.astimezone(zone).date(), half)
        for shift in year.call_shifts
        if shift.in_house and shift.end.astimezone(zone).date() in program_period(year)
        for half in (0, 1)
    }
    assert held == owed


def test_inpatient_weeks_run_from_friday_to_thursday(year):
    ward = next(row for row, service in enumerate(year.services) if service.abbreviation == "FMIT")
    rows = year.assignments
    of_day = dict(
        zip(rows.day[rows.service == ward].tolist(), rows.person[rows.service == ward].tolist(), strict=True)
    )
    changes = [
        day
        for day, person in of_day.items()
        if (before := of_day.get(day - timedelta(days=1))) is not None and before != person
    ]
    assert len(changes) > 40
    assert {day.weekday() for day in changes} == {4}


def test_absences_follow_the_published_numbers(year):
    by_type = {person.id: person.type for person in year.people}
    lengths = defaultdict(list)
    for row in year.absences:
        lengths[by_type[row.person]].append((row.end_date - row.start_date).days + 1)
    faculty, residents = lengths[PersonType.FACULTY], lengths[PersonType.RESIDENT]
    assert 45 <= len(faculty) <= 90
    assert 80 <= len(residents) <= 135
    assert np.median(faculty) in range(4, 8)
    assert np.median(residents) in range(5, 9)
    assert max(residents) <= 26
    assert max(faculty) <= 123
    assert {AbsenceType.VACATION, AbsenceType.TDY} <= {row.type for row in year.absences}


def test_half_days_are_filled_as_published(year, snapshot):
    """About 90 % and 30 % of residents' weekday and weekend half-days, 60 % and 20 % of the faculty's.

    The faculty are a little busier here: one attending more than needed supervises, so that N-1 can hold.
    """
    weekend = np.array([snapshot.period.day(block).weekday() >= 5 for block in range(snapshot.period.blocks)])
    for group, on_weekdays, on_weekends in (
        (snapshot.is_resident, 0.9, 0.3),
        (snapshot.is_faculty, 0.7, 0.22),
    ):
        mine = group[snapshot.assignment_person]
        at_weekend = weekend[snapshot.assignment_block[mine]]
        assert (~at_weekend).sum() / (group.sum() * (~weekend).sum()) == pytest.approx(on_weekdays, abs=0.08)
        assert at_weekend.sum() / (group.sum() * weekend.sum()) == pytest.approx(on_weekends, abs=0.08)


def test_it_is_tight_but_no_catastrophe(snapshot):
    coverage = snapshot.filled.sum() / snapshot.demand.sum()
    assert 0.94 < coverage < 0.9999
    missing = np.maximum(snapshot.supervision_required - snapshot.supervisors, 0).sum()
    assert missing <= 0.03 * snapshot.supervision_required.sum()
    assert snapshot.supervision_required.sum() > 300


def test_faculty_demand_lies_between_half_and_four_fifths_of_what_is_available(snapshot, year):
    only_faculty = [
        year.services[service].required_type is PersonType.FACULTY for service in snapshot.post_service
    ]
    demanded = snapshot.demand[only_faculty].sum() + snapshot.supervision_required.sum()
    assert 0.5 < demanded / snapshot.available[snapshot.is_faculty].sum() < 0.8


def test_scheduled_people_are_mostly_there(year, snapshot):
    """What was known when the schedule was made is respected; only what came up later leaves gaps."""
    away = np.array(
        [service.kind in {ServiceKind.RECOVERY, ServiceKind.ABSENCE} for service in year.services]
    )
    working = ~away[snapshot.assignment_service]
    there = snapshot.available[snapshot.assignment_person[working], snapshot.assignment_block[working]]
    assert 0.95 < there.mean() < 0.9999


def test_supervisors_hold_the_supervising_role_in_the_clinic_they_supervise(snapshot):
    supervising = snapshot.assignment_role == ROLE_CODES[CoverageRole.SUPERVISING]
    assert supervising.any()
    assert snapshot.is_faculty[snapshot.assignment_person[supervising]].all()
    places = {snapshot.service_ids[row] for row in snapshot.assignment_service[supervising]}
    assert places == {"AT"}
    assert snapshot.locations == ("Clinic 1", "clinic")
    assert snapshot.supervision_units[1].sum() == 0


@pytest.mark.parametrize(("people", "clinics"), [(20, 1), (43, 1), (44, 2), (100, 3), (500, 17)])
def test_larger_programs_are_several_clinics(people, clinics):
    program = sample_program(people, 28, 1, START, ZONE)
    assert len(program.people) == people
    located = {service.clinic_location for service in program.services} - {None}
    assert len(located) == clinics
    assert max(len(service.abbreviation) for service in program.services) <= 10
    assert findings(program) == []
    snapshot = Snapshot.of(program, program_period(program))
    assert snapshot.filled.sum() / snapshot.demand.sum() > 0.93


def test_the_second_academic_year_moves_everybody_up():
    program = sample_program(29, 30, 1, date(2027, 6, 20), ZONE)
    levels = defaultdict(dict)
    for row in program.pgy_levels:
        levels[row.person][row.academic_year] = row.pgy
    assert len(levels) == 17
    assert all(of[2027] == of[2026] + 1 for of in levels.values())


def test_without_holidays_no_day_is_special():
    assert sample_program(29, 30, 1, START, ZONE, holidays="").calendar == ()
    july = sample_program(29, 30, 1, START, ZONE).calendar
    assert date(2026, 7, 4) in [entry.day for entry in july]


def test_special_clinics_close_on_holidays():
    program = sample_program(29, 365, 1, START, ZONE)
    snapshot = Snapshot.of(program, Period(date(2026, 11, 26), date(2026, 11, 27)))
    demand = {
        snapshot.post_label(post): snapshot.demand[post].tolist()
        for post in range(len(snapshot.post_service))
    }
    assert demand["Contraception clinic"] == [0, 0]
    assert demand["Inpatient attending"] == [1, 1]
    assert demand["Continuity clinic"] == [1, 1]


def test_the_default_start_is_a_monday_two_to_three_weeks_ago():
    for offset in range(14):
        today = date(2026, 11, 23) + timedelta(days=offset)
        start = default_start(today)
        assert start.weekday() == 0
        assert 14 <= (today - start).days <= 20


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((19, 365, 1), "people: 19 is not valid; expected a whole number from 20 to 2500"),
        ((29, 6, 1), "days: 6 is not valid; expected a whole number from 7 to 1098"),
        ((29, 365, -1), "seed: -1 is not valid"),
    ],
)
def test_sizes_out_of_range_are_refused(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        sample_program(*arguments, START, ZONE)


def test_it_is_fast():
    begun = time.process_time()
    sample_program(29, 365, 4, START, ZONE)
    assert time.process_time() - begun < 3


def test_absences_that_count_are_effective(year):
    effective = sum(row.status in EFFECTIVE_ABSENCE_STATUSES for row in year.absences)
    assert 0.8 < effective / len(year.absences) < 1
