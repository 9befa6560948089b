"""Every mistake in a bundle is told with its file, row, column, value and what would be right."""

import csv
import io

import pytest
import xlsxwriter

from residency.errors import InvalidBundleError, InvalidInputError
from residency.importing.bundle import read_program
from residency.settings import Settings

RIGHT = {
    "people": "id,type,pgy,email,pseudonym\n"
    "R01,resident,2,r01@example.org,R-A\n"
    "R02,resident,1,r02@example.org,R-B\n"
    "F01,faculty,,f01@example.org,F-A\n",
    "academic_years": "person,academic_year,pgy\nR01,2027,3\n",
    "services": "abbreviation,name,kind\nC,Clinic,outpatient\nW,Ward,inpatient\n",
    "coverage": "service,weekday,date,half,role,minimum,maximum,valid_from,valid_to\nC,0,,AM,primary,1,2,,\n",
    "assignments": "person,service,date,half,role\nR01,C,2026-07-06,AM,primary\nR02,W,2026-07-06,AM,\n",
    "call": "person,start,end,kind,in_house\nF01,2026-07-06T19:00,2026-07-07T07:00,overnight,\n",
    "absences": "person,start_date,start_half,end_date,end_half,type,status\n"
    "R01,2026-08-03,,2026-08-07,,vacation,\n",
    "duty_logs": "person,start,end,activity_class\nR01,2026-07-06T07:00Z,2026-07-06T19:00Z,patient_care\n",
    "calendar": "date,day_type,holiday_name\n2026-12-25,FEDERAL_HOLIDAY,Christmas Day\n",
    "users": "username,email,role,person\nboss,boss@example.org,admin,F01\n",
}


@pytest.fixture
def problems_of(tmp_path):
    """Reads the right bundle with some rows appended or files replaced; the problems as sentences."""

    def read(append=None, contents=None, timezone="America/New_York"):
        texts = RIGHT | (contents or {})
        for name, rows in (append or {}).items():
            texts[name] += rows
        for name, text in texts.items():
            if text is not None:
                content = text if isinstance(text, bytes) else text.encode()
                (tmp_path / f"{name}.csv").write_bytes(content)
        try:
            read_program(tmp_path, Settings(timezone=timezone, _env_file=None))
        except InvalidBundleError as error:
            return [str(problem) for problem in error.problems]
        return []

    return read


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


@pytest.mark.parametrize(
    ("sheet", "content", "problem"),
    [
        ("people", None, "people.csv is missing; expected this sheet in every bundle"),
        ("assignments", None, "assignments.csv is missing; expected this sheet in every bundle"),
        ("people", "id,type\n", "people.csv has no rows; expected at least one person"),
        ("services", "", "services.csv is empty; expected a first row with the columns' names"),
        (
            "users",
            "username;email;role\n",
            "users.csv row 1 is not separated by commas; expected cells separated by commas",
        ),
        (
            "users",
            "username,emial,email,role\n",
            "users.csv row 1 has the unknown column 'emial'; expected columns out of username, email, role, "
            "person; did you mean 'email'?",
        ),
        (
            "users",
            "username,email,email,role\n",
            "users.csv row 1 has the column email twice; expected each column once",
        ),
        (
            "users",
            "username,email\nboss,boss@example.org\n",
            "users.csv row 1 lacks the column role; expected columns out of username, email, role, person",
        ),
        (
            "users",
            b"username,email,role\nboss,boss@example.org,admin\nz\xe9,z@example.org,admin\n",
            "users.csv row 3 is not UTF-8 text (byte 0xe9); expected a CSV file saved as UTF-8",
        ),
        (
            "users",
            'username,email,role\n"boss"x,boss@example.org,admin\n',
            "users.csv row 2 is not CSV (',' expected after '\"'); expected quotes in pairs around a cell",
        ),
    ],
)
def test_one_wrong_file_gives_a_problem_that_names_it(problems_of, sheet, content, problem):
    assert problem in problems_of(contents={sheet: content})


def test_an_unknown_file_is_refused_because_its_rows_would_be_lost(problems_of, tmp_path):
    (tmp_path / "absence.csv").write_text("person\n")
    (problem,) = problems_of()
    assert problem.startswith("absence.csv is not a sheet of a bundle; expected one of people, ")
    assert problem.endswith("did you mean 'absences'?")


def test_all_problems_of_all_files_are_told_at_once_in_reading_order(problems_of):
    found = problems_of(
        append={
            "users": "x,x@example.org,chief,\n",
            "assignments": "R01,C,2026-07-07,AM,lead\nR09,C,2026-07-07,PM,\n",
            "people": "X,faculty,,nobody,\nX,student,,,\n",
        }
    )
    assert [problem.split(":")[0] for problem in found] == [
        "people.csv row 5, column email",
        "people.csv row 6, column id",
        "people.csv row 6, column type",
        "assignments.csv row 4, column role",
        "assignments.csv row 5, column person",
        "users.csv row 3, column role",
    ]


def test_rows_are_counted_as_a_spreadsheet_shows_them(problems_of):
    contents = {
        **dict.fromkeys(RIGHT, None),
        "people": 'id,name,type\nA,"two\nlines",faculty\n\nB,b,nobody\n',
        "services": RIGHT["services"],
        "assignments": "person,service,date,half\n",
    }
    (problem,) = problems_of(contents=contents)
    assert problem.startswith("people.csv row 4, column type: 'nobody'")


def test_each_row_of_a_large_sheet_is_located(problems_of):
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["person", "service", "date", "half"])
    rows = 3000
    wrong = {17: ("R01", "C", "soon", "AM"), 2001: ("R99", "C", "2026-07-06", "AM")}
    for row in range(2, rows + 2):
        day = f"{2000 + row // 300}-{1 + row % 300 // 25:02}-{1 + row % 25:02}"
        writer.writerow(wrong.get(row, ("R01", "C", day, "PM")))
    found = problems_of(contents={"assignments": stream.getvalue()})
    assert [problem.split(":")[0] for problem in found] == [
        "assignments.csv row 17, column date",
        "assignments.csv row 2001, column person",
    ]


def test_the_message_lists_two_hundred_problems_and_counts_the_rest(tmp_path):
    for name, text in RIGHT.items():
        (tmp_path / f"{name}.csv").write_text(text)
    (tmp_path / "assignments.csv").write_text("person,service,date,half\n" + "R01,C,never,AM\n" * 205)
    with pytest.raises(InvalidBundleError) as caught:
        read_program(tmp_path, Settings(_env_file=None))
    error = caught.value
    lines = str(error).splitlines()
    assert len(error.problems) == 205
    assert lines[0] == f"{tmp_path} has 205 problems; nothing was loaded:"
    assert len(lines) == 202
    assert lines[-1] == "  and 5 more"


def test_a_workbook_names_its_sheets(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "w.xlsx") as workbook:
        page = workbook.add_worksheet("people")
        page.write_row(0, 0, ["id", "type"])
        page.write_row(2, 0, ["A", "nobody"])
    with pytest.raises(InvalidBundleError) as caught:
        read_program(tmp_path / "w.xlsx", Settings(_env_file=None))
    assert [str(problem) for problem in caught.value.problems] == [
        "sheet services is missing; expected this sheet in every bundle",
        "sheet assignments is missing; expected this sheet in every bundle",
        "sheet people row 3, column type: 'nobody' is not valid; expected one of resident, faculty, "
        "med_student, rotating_intern",
    ]


@pytest.mark.parametrize(("name", "content"), [("a.txt", b"x"), ("a.xlsx", b"not a zip"), (None, None)])
def test_a_path_that_is_no_bundle_is_refused(tmp_path, name, content):
    path = tmp_path / (name or "nothing")
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidInputError, match="path: "):
        read_program(path, Settings(_env_file=None))


def workbook(path, *titles):
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title in titles:
        book.create_sheet(title).append(["id", "name", "type"])
    book.save(path)
    return path


def test_a_damaged_workbook_is_named_and_not_understood_half(tmp_path):
    path = workbook(tmp_path / "program.xlsx", "people", "services", "assignments")
    content = bytearray(path.read_bytes())
    for place in range(200, len(content) - 400, 7):
        content[place] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises((InvalidInputError, InvalidBundleError)):
        read_program(path, Settings(_env_file=None))


def test_a_sheet_that_is_there_twice_is_refused(tmp_path):
    path = workbook(tmp_path / "program.xlsx", "people", "people ", "services", "assignments")
    with pytest.raises(InvalidInputError, match="twice"):
        read_program(path, Settings(_env_file=None))
