"""A mistake in a bundle's files is told with its place, and all mistakes at once."""

import csv
import errno
import io
from pathlib import Path

import pytest
import xlsxwriter

from residency.errors import InvalidBundleError, InvalidInputError
from residency.importing.bundle import read_program
from residency.settings import Settings


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


def test_a_file_that_cannot_be_read_is_named(problems_of, tmp_path, monkeypatch):
    read_bytes = Path.read_bytes

    def refused(path):
        if path.name == "call.csv":
            raise OSError(errno.EACCES, "Permission denied", str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    expected = (
        rf"path: '{tmp_path}/call.csv' is not valid; expected a file that can be read \(Permission denied"
    )
    with pytest.raises(InvalidInputError, match=expected):
        problems_of()


def test_after_a_hundred_unknown_names_no_more_near_ones_are_searched(problems_of):
    rows = "".join(f"R01{number:03},C,2026-07-07,AM,\n" for number in range(101))
    found = problems_of(append={"assignments": rows})
    assert len(found) == 101
    assert all("; did you mean 'R0" in problem for problem in found[:100])
    assert found[100].endswith("expected one that people.csv lists")


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


def test_rows_are_counted_as_a_spreadsheet_shows_them(problems_of, right_bundle):
    contents = {
        **dict.fromkeys(right_bundle, None),
        "people": 'id,name,type\nA,"two\nlines",faculty\n\nB,b,nobody\n',
        "services": right_bundle["services"],
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


def test_the_message_lists_two_hundred_problems_and_counts_the_rest(tmp_path, right_bundle):
    for name, text in right_bundle.items():
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
