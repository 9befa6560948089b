"""Each type of cell says what it takes, and takes nothing else."""

import csv
import io

import pytest
from pydantic import TypeAdapter

from residency.importing.cells import Instant


@pytest.fixture
def problems_of_cell(problems_of, right_bundle):
    """The problems of the right bundle with one cell of a sheet's first row set, its column added."""

    def read(sheet, column, value):
        (first, *rest) = csv.DictReader(io.StringIO(right_bundle[sheet]))
        first[column] = value
        stream = io.StringIO()
        writer = csv.DictWriter(stream, list(first), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows([first, *rest])
        return problems_of(contents={sheet: stream.getvalue()})

    return read


DECIMALS = "expected at most {} decimals"
DATES = "expected a date from 1970-01-01 to 2100-12-31"
SHARE = "expected a number from 0 to 1 with at most 4 decimals"
HOURS = "expected a number of hours from 0 to 24 with at most 2 decimals"
INSTANT = "expected a time such as 2026-07-03T19:00-10:00, or without the offset in the site's time zone"


@pytest.mark.parametrize(
    ("sheet", "column", "value", "expected"),
    [
        ("people", "name", "bell\x07", "expected text without control characters"),
        ("people", "id", "two\nlines", "expected text on one line"),
        ("people", "specialties", "a;\x00", "expected text without control characters"),
        ("people", "performs_procedures", "maybe", "expected true or false"),
        ("people", "fte", "80%", SHARE),
        ("people", "fte", "1.1", SHARE),
        ("people", "fte", "-1", SHARE),
        ("people", "fte", "0.12345", DECIMALS.format(4)),
        ("services", "hours_am", "24.1", HOURS),
        ("services", "hours_am", "4.125", DECIMALS.format(2)),
        ("services", "hours_am", "four", HOURS),
        ("services", "start_am", "7", "expected a time of day such as 07:00"),
        ("services", "start_am", "24:00", "expected a time of day such as 07:00"),
        ("services", "load_category", "8", "expected a whole number from 1 to 7"),
        ("coverage", "minimum", "+1", "expected a whole number from 0 to 999"),
        ("coverage", "minimum", "1000", "expected a whole number from 0 to 999"),
        ("call", "start", "tonight", INSTANT),
        ("call", "start", "2026-07-06T25:00", INSTANT),
        ("call", "start", "1969-12-31T19:00", DATES),
        ("call", "end", "2101-01-01T19:00", DATES),
    ],
)
def test_a_wrong_cell_is_told_with_what_would_be_right(problems_of_cell, sheet, column, value, expected):
    (problem,) = [p for p in problems_of_cell(sheet, column, value) if f"column {column}:" in p]
    assert problem.startswith(f"{sheet}.csv row 2, column {column}: ")
    assert problem.endswith(f" is not valid; {expected}")


@pytest.mark.parametrize(
    ("sheet", "column", "value"),
    [
        ("people", "fte", "0.1234"),
        ("people", "fte", "1"),
        ("people", "specialties", "b;a;;b"),
        ("people", "performs_procedures", "YES"),
        ("people", "name", "two\nlines"),
        ("services", "hours_pm", "24"),
        ("services", "hours_pm", "4.25"),
        ("services", "start_pm", "13:00:30"),
        ("coverage", "minimum", "0"),
        ("coverage", "weekday", "SUN"),
        ("call", "start", "1970-01-01 19:00:00.5+0530"),
    ],
)
def test_a_right_cell_is_taken(problems_of_cell, sheet, column, value):
    assert problems_of_cell(sheet, column, value) == []


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            "X,resident,core,,",
            "column faculty_role: 'core' is not valid; expected nothing: only faculty have a role, this is "
            "resident",
        ),
        (
            "X,faculty,core,2026-07-02,2026-07-01",
            "column active_to: '2026-07-01' is not valid; expected a date not before active_from 2026-07-02",
        ),
    ],
)
def test_cells_of_a_person_must_fit_together(problems_of, row, problem):
    people = (
        "id,type,faculty_role,active_from,active_to\n"
        "R01,resident,,2026-07-01,2026-07-01\nR02,resident,,,\nF01,faculty,core,,2026-07-01\n"
    )
    assert problems_of(contents={"people": people}) == []
    assert problems_of(contents={"people": f"{people}{row}\n"}) == [f"people.csv row 5, {problem}"]


def test_a_local_time_is_never_guessed_without_a_zone():
    with pytest.raises(TypeError, match="needs a ReadingContext"):
        TypeAdapter(Instant).validate_python("2026-07-06T19:00")
