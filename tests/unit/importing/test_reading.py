"""What a bundle may leave out, and how what it says is understood."""

import time
from datetime import UTC, date, datetime

import numpy as np
import pytest

from residency.errors import InvalidInputError
from residency.importing.bundle import read_program, require_site_timezone
from residency.program.calendar import CalendarDay, Period, academic_year
from residency.program.extent import program_period
from residency.program.records import ROLES, SOURCES, PgyLevel
from residency.program.vocabulary import (
    AbsenceStatus,
    AssignmentSource,
    CallKind,
    CoverageRole,
    DayType,
    Half,
    ServiceKind,
)
from residency.settings import Settings

LEAST = {
    "people": "id,type\nR01,resident\nF01,faculty\n",
    "services": "abbreviation,kind\nC,outpatient\nW,inpatient\n",
    "assignments": "person,service,date,half\nR01,C,2026-07-06,AM\n",
}


@pytest.fixture
def read(tmp_path):
    """Reads the least bundle with some sheets replaced or added."""

    def read(timezone="Europe/London", holidays="", **sheets):
        for name, text in (LEAST | sheets).items():
            content = text if isinstance(text, bytes) else text.encode()
            (tmp_path / f"{name}.csv").write_bytes(content)
        return read_program(tmp_path, Settings(timezone=timezone, holidays=holidays, _env_file=None))

    return read


def test_three_short_sheets_are_a_program(read):
    program = read()
    faculty, resident = program.people
    assert (faculty.id, faculty.name, faculty.fte, faculty.credentials) == ("F01", "F01", 1.0, ())
    assert (resident.email, resident.pseudonym, resident.active_from) == (None, None, None)
    assert program.pgy_levels == program.coverage == program.calendar == ()
    clinic, ward = program.services
    assert (clinic.name, clinic.hours_am, clinic.needs_supervision, clinic.leave_eligible) == (
        "C",
        6.0,
        False,
        True,
    )
    assert (ward.inpatient, ward.leave_eligible) == (True, False)
    assert program_period(program) == Period(date(2026, 7, 6), date(2026, 7, 7))


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        *(("inpatient", 1), ("call", 1), ("night_float", 1), ("outpatient", 3), ("procedure", 3)),
        *(("education", 4), ("research", 5), ("administration", 6), ("off", 7), ("recovery", 7)),
        ("absence", 7),
    ],
)
def test_a_service_without_a_load_category_takes_its_kinds(read, kind, category):
    program = read(services=f"abbreviation,kind,load_category\nC,{kind},\nX,{kind},2\n")
    assert [service.load_category for service in program.services] == [category, 2]
    assert {service.kind for service in program.services} == {ServiceKind(kind)}


def test_assignments_are_primary_manual_and_locked_by_source(read):
    program = read(
        assignments="person,service,date,half,role,source,locked\n"
        "R01,C,2026-07-06,AM,,,\nR01,C,2026-07-06,PM,backup,solver,\nR01,C,2026-07-07,AM,,preload,\n"
        "R01,C,2026-07-07,PM,,manual,false\nR01,C,2026-07-08,AM,,swap,yes\n"
    )
    rows = program.assignments
    assert [ROLES[role] for role in rows.role] == [
        CoverageRole.PRIMARY,
        CoverageRole.BACKUP,
        *[CoverageRole.PRIMARY] * 3,
    ]
    assert [SOURCES[source] for source in rows.source] == [
        AssignmentSource.MANUAL,
        AssignmentSource.SOLVER,
        AssignmentSource.PRELOAD,
        AssignmentSource.MANUAL,
        AssignmentSource.SWAP,
    ]
    assert rows.locked.tolist() == [True, False, True, False, True]


@pytest.mark.parametrize(
    ("kind", "in_house"), [("overnight", True), ("weekend", True), ("backup", False), ("home", False)]
)
def test_call_is_in_house_by_kind_unless_told(read, kind, in_house):
    row = f"F01,2026-07-06T19:00,2026-07-07T07:00,{kind}"
    other = f"R01,2026-07-06T19:00,2026-07-07T07:00,{kind}"
    told = str(not in_house).lower()
    program = read(call=f"person,start,end,kind,in_house\n{row},\n{other},{told}\n")
    assert [(shift.kind, shift.in_house) for shift in program.call_shifts] == [
        (CallKind(kind), in_house),
        (CallKind(kind), not in_house),
    ]


def test_in_house_shifts_may_touch_and_home_call_may_overlap(read):
    program = read(
        call="person,start,end,kind\nF01,2026-07-06T19:00,2026-07-07T07:00,overnight\n"
        "F01,2026-07-07T07:00,2026-07-07T19:00,weekend\nF01,2026-07-06T12:00,2026-07-08T12:00,home\n"
    )
    assert len(program.call_shifts) == 3


def test_absences_are_whole_days_and_approved(read):
    (absence,) = read(absences="person,start_date,end_date,type\nR01,2026-08-03,2026-08-07,sick\n").absences
    assert (absence.start_half, absence.end_half, absence.status) == (
        Half.AM,
        Half.PM,
        AbsenceStatus.APPROVED,
    )


def test_a_time_without_offset_is_the_sites_wall_clock(read):
    call = "person,start,end,kind\nF01,2026-07-06T19:00,2026-07-07 07:00+01:00,home\n"
    (shift,) = read(call=call, timezone="Pacific/Honolulu").call_shifts
    assert shift.start == datetime(2026, 7, 7, 5, tzinfo=UTC)
    assert shift.end == datetime(2026, 7, 7, 6, tzinfo=UTC)


def test_pgy_holds_in_the_academic_year_of_the_first_assignment(read):
    program = read(
        people="id,type,pgy\nR01,resident,2\nF01,faculty,\n",
        assignments="person,service,date,half\nR01,C,2027-07-01,AM\nR01,C,2027-06-30,AM\n",
        academic_years="person,academic_year,pgy\nR01,2027,3\n",
    )
    assert program.pgy_levels == (PgyLevel("R01", 2026, 2), PgyLevel("R01", 2027, 3))


def test_without_assignments_dated_coverage_tells_the_academic_year(read):
    program = read(
        people="id,type,pgy\nR01,resident,2\n",
        assignments="person,service,date,half\n",
        coverage="service,date,half,minimum\nC,2024-12-01,AM,1\n",
    )
    assert program.pgy_levels == (PgyLevel("R01", 2024, 2),)
    assert program_period(program) == Period(date(2024, 12, 1), date(2024, 12, 2))


def test_an_empty_schedule_is_a_program_without_a_period(read):
    program = read(people="id,type,pgy\nR01,resident,2\n", assignments="person,service,date,half\n")
    today = datetime.now(UTC).date()
    assert len(program.assignments) == 0
    assert {abs(level.academic_year - academic_year(today)) for level in program.pgy_levels} <= {0, 1}
    with pytest.raises(InvalidInputError, match="assignments: '' is not valid; expected at least one"):
        program_period(program)


def test_a_bundle_without_calendar_takes_the_sites_holidays_of_every_year_it_touches(read):
    program = read(
        holidays="US",
        assignments="person,service,date,half\nR01,C,2027-06-30,AM\nR01,C,2027-07-01,AM\n",
    )
    days = [entry.day for entry in program.calendar]
    assert date(2026, 7, 4) in days
    assert date(2028, 6, 19) in days
    assert date(2026, 6, 19) not in days


def test_a_calendar_sheet_even_an_empty_one_replaces_the_holidays(read):
    assert read(holidays="US", calendar="date,day_type\n").calendar == ()
    program = read(holidays="US", calendar="date,day_type\n2026-07-06,MINIMAL_MANNING\n2026-07-07,NORMAL\n")
    assert program.calendar == (CalendarDay(date(2026, 7, 6), DayType.MINIMAL_MANNING),)


def test_a_byte_order_mark_blanks_and_blank_lines_do_no_harm(read):
    program = read(
        people="\ufeffid,type,,\n  R01 , resident ,,\n,,,\n\nF01,faculty,,\n".encode(),
        services=b"abbreviation,kind\r\nC,outpatient\r\n",
    )
    assert [person.id for person in program.people] == ["F01", "R01"]


def test_weekdays_have_numbers_and_names(read):
    coverage = "service,weekday,half,minimum\nC,0,AM,1\nC,Tue,AM,1\nC,wednesday,AM,1\n"
    assert [row.weekday for row in read(coverage=coverage).coverage] == [0, 1, 2]


def test_coverage_from_the_beginning_needs_no_first_day(read):
    rows = "service,weekday,half,minimum,valid_from\nC,0,AM,1,2026-07-01\nC,1,AM,1,2026-07-02\nC,2,AM,1,\n"
    assert [row.valid_from for row in read(coverage=rows).coverage] == [None, date(2026, 7, 2), None]


def test_another_time_zone_than_the_sites_is_refused(read):
    program = read(timezone="Europe/London")
    require_site_timezone(program, Settings(timezone="Europe/London", _env_file=None))
    with pytest.raises(InvalidInputError, match="RESIDENCY_TIMEZONE=Europe/London"):
        require_site_timezone(program, Settings(timezone="Pacific/Honolulu", _env_file=None))


def test_a_hundred_thousand_assignments_read_in_seconds(read):
    days = np.datetime_as_string(np.arange("2026-07-01", "2027-07-01", dtype="datetime64[D]"))
    people = [f"P{number:03}" for number in range(137)]
    rows = "".join(f"{who},C,{day},{half}\n" for who in people for day in days for half in ("AM", "PM"))
    begun = time.process_time()
    program = read(
        people="id,type\n" + "".join(f"{who},faculty\n" for who in people),
        assignments="person,service,date,half\n" + rows,
    )
    assert len(program.assignments) == 137 * 730 > 100_000
    assert time.process_time() - begun < 5
