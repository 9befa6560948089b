"""Every mistake in a row is told with its sheet, row, column, value and what would be right."""

import pytest


def test_the_right_bundle_has_no_problem(problems_of):
    assert problems_of() == []


@pytest.mark.parametrize(
    ("sheet", "row", "problem"),
    [
        ("people", "R01,faculty,,,\n", "row 5, column id: 'R01' {} a value of its own; row 2 has it already"),
        ("people", ",faculty,,,\n", "row 5, column id: empty {} text on one line"),
        (
            "people",
            "X,faculty,,R01@example.org,\n",
            "row 5, column email: 'R01@example.org' {} a value of its own; row 2 has it already",
        ),
        (
            "people",
            "X,faculty,,x@,\n",
            "row 5, column email: 'x@' {} an e-mail address such as name@example.org",
        ),
        (
            "people",
            "X,faculty,,,F-A\n",
            "row 5, column pseudonym: 'F-A' {} a value of its own; row 4 has it already",
        ),
        (
            "people",
            "X,residnet,,,\n",
            "row 5, column type: 'residnet' {} one of resident, faculty, med_student, rotating_intern; "
            "did you mean 'resident'?",
        ),
        ("people", "X,resident,9,,\n", "row 5, column pgy: '9' {} a whole number from 1 to 8"),
        ("people", "X,resident,0,,\n", "row 5, column pgy: '0' {} a whole number from 1 to 8"),
        ("people", "X,resident,2.5,,\n", "row 5, column pgy: '2.5' {} a whole number from 1 to 8"),
        (
            "people",
            "X,faculty,3,,\n",
            "row 5, column pgy: '3' {} nothing: only residents have a PGY, this is faculty",
        ),
        ("people", "X,faculty,,,,more\n", "row 5 has 6 cells; expected 5 cells as in the header"),
        (
            "academic_years",
            "R01,2027,2\n",
            "row 3, column academic_year: '2027' {} one row a person and year; row 2 has both already",
        ),
        ("academic_years", "F01,2027,2\n", "row 3, column person: 'F01' {} a resident; this is faculty"),
        ("academic_years", "R01,2026,3\n", "row 3, column pgy: '3' {} 2, which people.csv gives for 2026"),
        (
            "academic_years",
            "R01,26,3\n",
            "row 3, column academic_year: '26' {} the calendar year in which the academic year begins, "
            "such as 2026",
        ),
        (
            "services",
            "C,Other,outpatient\n",
            "row 4, column abbreviation: 'C' {} a value of its own; row 2 has it already",
        ),
        (
            "services",
            "X,Clinic,outpatient\n",
            "row 4, column name: 'Clinic' {} a name of its own; row 2 has it already",
        ),
        (
            "services",
            "ELEVENCHARS,X,outpatient\n",
            "row 4, column abbreviation: 'ELEVENCHARS' {} at most 10 characters",
        ),
        (
            "coverage",
            "X,0,,AM,,1,,,\n",
            "row 3, column service: 'X' {} one that services.csv lists",
        ),
        ("coverage", "W,0,2026-07-06,AM,,1,,,\n", "row 3, column weekday: '0' {} either a weekday or a date"),
        ("coverage", "W,,,AM,,1,,,\n", "row 3, column weekday: empty {} either a weekday or a date"),
        (
            "coverage",
            "W,7,,AM,,1,,,\n",
            "row 3, column weekday: '7' {} 0 (Monday) to 6 (Sunday), or a weekday's English name",
        ),
        (
            "coverage",
            "W,1,,AM,,2,1,,\n",
            "row 3, column maximum: '1' {} nothing or at least the minimum 2",
        ),
        ("coverage", "W,1,,AM,,-1,,,\n", "row 3, column minimum: '-1' {} a whole number from 0 to 999"),
        ("coverage", "W,1,,AM,backup,1,,,\n", "row 3, column role: 'backup' {} primary or supervising"),
        (
            "coverage",
            "C,Monday,,AM,,3,,2026-08-01,\n",
            "row 3, column service: 'C' {} one row for a service, day, half and role at a time; row 2 is one",
        ),
        (
            "coverage",
            "W,,2026-07-06,AM,,1,,2026-07-01,\n",
            "row 3, column valid_from: '2026-07-01' {} nothing beside a date",
        ),
        (
            "coverage",
            "W,,2026-07-06,AM,,1,,,2026-07-31\n",
            "row 3, column valid_to: '2026-07-31' {} nothing beside a date",
        ),
        (
            "coverage",
            "W,1,,AM,,1,,2026-08-01,2026-07-31\n",
            "row 3, column valid_to: '2026-07-31' {} a date not before valid_from 2026-08-01",
        ),
        (
            "assignments",
            "R03,C,2026-07-06,AM,\n",
            "row 4, column person: 'R03' {} one that people.csv lists; did you mean 'R02'?",
        ),
        (
            "assignments",
            "R01,c,2026-07-07,AM,\n",
            "row 4, column service: 'c' {} one that services.csv lists; did you mean 'C'?",
        ),
        (
            "assignments",
            "R01,W,2026-07-06,AM,\n",
            "row 4, column person: 'R01' {} one assignment a person and half-day; row 2 is one",
        ),
        (
            "assignments",
            "R01,W,06/07/2026,AM,\n",
            "row 4, column date: '06/07/2026' {} a date such as 2026-07-01",
        ),
        (
            "assignments",
            "R01,W,2026-02-30,AM,\n",
            "row 4, column date: '2026-02-30' {} a date such as 2026-07-01",
        ),
        (
            "assignments",
            "R01,W,2206-07-06,AM,\n",
            "row 4, column date: '2206-07-06' {} a date from 1970-01-01 to 2100-12-31",
        ),
        (
            "assignments",
            "R01,W,2026-07-08,Am,\n",
            "row 4, column half: 'Am' {} one of AM, PM; did you mean 'AM'?",
        ),
        (
            "call",
            "F01,2026-07-07T06:59,2026-07-07T20:00,overnight,\n",
            "row 3, column start: '2026-07-07T06:59' {} no in-house call that overlaps with row 2",
        ),
        (
            "call",
            "F01,2026-07-09T19:00,2026-07-09T19:00,home,\n",
            "row 3, column end: '2026-07-09T19:00' {} a time after the start",
        ),
        (
            "call",
            "F01,2026-03-08T02:30,2026-03-08T09:00,home,\n",
            "row 3, column start: '2026-03-08T02:30' {} a time that exists: in America/New_York the clocks "
            "skip this one",
        ),
        (
            "call",
            "F01,2026-10-31T19:00,2026-11-01T01:30,home,\n",
            "row 3, column end: '2026-11-01T01:30' {} 2026-11-01T01:30-04:00 or 2026-11-01T01:30-05:00: "
            "in America/New_York the clocks show this time twice",
        ),
        (
            "rotations",
            "R01,W,2026-08-02,2026-08-09\n",
            "row 3, column start_date: '2026-08-02' {} no rotation that overlaps with row 2",
        ),
        (
            "rotations",
            "R02,W,2026-08-02,2026-08-01\n",
            "row 3, column end_date: '2026-08-01' {} a date not before the start 2026-08-02",
        ),
        (
            "rotations",
            "R9,W,2026-08-02,2026-08-03\n",
            "row 3, column person: 'R9' {} one that people.csv lists",
        ),
        (
            "rotations",
            "R02,X,2026-08-02,2026-08-03\n",
            "row 3, column service: 'X' {} one that services.csv lists",
        ),
        (
            "hours_approvals",
            "80,,,,2026-07-01,2026-07-31,GMEC\n",
            "row 3, column limit: '80' {} a number of hours above 80 and at most 88, with at most 2 decimals",
        ),
        (
            "hours_approvals",
            "88.5,,,,2026-07-01,2026-07-31,GMEC\n",
            "row 3, column limit: '88.5' {} a number of hours above 80 and at most 88, "
            "with at most 2 decimals",
        ),
        (
            "hours_approvals",
            "88,,,,2026-07-01,2026-06-30,GMEC\n",
            "row 3, column valid_to: '2026-06-30' {} a date not before valid_from 2026-07-01",
        ),
        (
            "hours_approvals",
            "88,,3,2,2026-07-01,2026-07-31,GMEC\n",
            "row 3, column max_pgy: '2' {} a PGY not below min_pgy 3",
        ),
        (
            "hours_approvals",
            "84,W,2,3,2026-07-01,2026-07-31,GMEC\n",
            "row 3, column valid_from: '2026-07-01' {} one exception a service, PGY range and first day; "
            "row 2 is one",
        ),
        ("hours_approvals", "88,,,,2026-07-01,2026-07-31,\n", "row 3, column approved_by: empty {} text"),
        (
            "absences",
            "R01,2026-08-03,,2026-08-02,,sick,\n",
            "row 3, column end_date: '2026-08-02' {} a date not before the start 2026-08-03",
        ),
        (
            "absences",
            "R01,2026-08-03,PM,2026-08-03,AM,sick,\n",
            "row 3, column end_half: 'AM' {} PM, because it begins in the afternoon of that day",
        ),
        (
            "absences",
            "R01,2026-08-03,AM,2026-08-07,PM,vacation,pending\n",
            "row 3, column person: 'R01' {} each absence once; row 2 is the same",
        ),
        (
            "duty_logs",
            "R01,2026-07-06T07:00Z,2026-07-06T19:00Z,patient_care\n",
            "row 3, column person: 'R01' {} each interval once; row 2 is the same",
        ),
        (
            "duty_logs",
            "R02,2026-07-06T07:00Z,2026-07-06T07:00Z,patient_care\n",
            "row 3, column end: '2026-07-06T07:00Z' {} a time after the start",
        ),
        (
            "calendar",
            "2026-12-25,NORMAL,\n",
            "row 3, column date: '2026-12-25' {} a value of its own; row 2 has it already",
        ),
        (
            "users",
            "boss,x@example.org,admin,\n",
            "row 3, column username: 'boss' {} a value of its own; row 2 has it already",
        ),
        ("users", "x,x@example.org,admin,F9\n", "row 3, column person: 'F9' {} one that people.csv lists"),
    ],
)
def test_one_wrong_row_gives_one_problem(problems_of, sheet, row, problem):
    assert problems_of(append={sheet: row}) == [f"{sheet}.csv {problem.format('is not valid; expected')}"]


def test_each_shift_inside_a_longer_one_is_told_against_the_longer_one(problems_of):
    inside = "F01,2026-07-06T{0},2026-07-06T{1},overnight,\n"
    shifts = inside.format("20:00", "21:00") + inside.format("22:00", "23:00")
    expected = "is not valid; expected no in-house call that overlaps with row 2"
    assert problems_of(append={"call": shifts}) == [
        f"call.csv row 3, column start: '2026-07-06T20:00' {expected}",
        f"call.csv row 4, column start: '2026-07-06T22:00' {expected}",
    ]


def test_each_rotation_inside_a_longer_one_is_told_against_the_longer_one(problems_of):
    inside = "R01,W,2026-07-{0},2026-07-{1}\n"
    expected = "is not valid; expected no rotation that overlaps with row 2"
    assert problems_of(append={"rotations": inside.format("07", "08") + inside.format("10", "11")}) == [
        f"rotations.csv row 3, column start_date: '2026-07-07' {expected}",
        f"rotations.csv row 4, column start_date: '2026-07-10' {expected}",
    ]
    apart = "R02,W,2026-07-06,2026-07-07\nR01,W,2026-08-03,2026-08-04\nR01,W,2026-07-01,2026-07-05\n"
    assert problems_of(append={"rotations": apart}) == []


@pytest.mark.parametrize("row", ["R02,W,2026-07-07,PM\n", "R02,W,2026-07-07,PM,,, \n"])
def test_a_row_may_lack_its_last_cells_or_have_empty_ones_more(problems_of, row):
    assert problems_of(append={"assignments": row}) == []


def test_one_requirement_may_follow_another(problems_of):
    follows = "W,1,,AM,,1,,,2026-12-31\nW,1,,AM,,2,,2027-01-01,2027-03-31\nW,1,,AM,,1,,2027-04-01,\n"
    assert problems_of(append={"coverage": follows}) == []
    twice = "W,1,,AM,,3,,2027-03-31,2027-03-31\n"
    expected = "is not valid; expected one row for a service, day, half and role at a time; row 4 is one"
    assert problems_of(append={"coverage": follows + twice}) == [
        f"coverage.csv row 6, column service: 'W' {expected}"
    ]
