"""``residency check acgme`` with input it cannot judge: every wrong cell is named, and nothing is guessed."""

import re
import subprocess
import sys

import pytest

from residency.errors import InvalidBundleError, InvalidInputError

NOT_LISTED = "person,pgy\nBob,1\n"
ROW = "Ann,2026-03-02T07:00Z,2026-03-02T09:00Z"


@pytest.mark.parametrize(
    ("name", "text", "field", "value", "expected"),
    [
        (
            "duties",
            "person,start,end\nAnn,2026-03-02T07:00Z,2026-03-02T07:00Z\n",
            "end",
            "07:00",
            "after the start",
        ),
        (
            "duties",
            "person,start,end\nAnn,2026-03-02T07:00Z,2026-03-01T07:00Z\n",
            "end",
            "03-01",
            "after the start",
        ),
        ("duties", f"person,start,end,kind\n{ROW},call\n", "kind", "call", "in_house_call"),
        ("duties", f"person,start,end,new_patient\n{ROW},maybe\n", "new_patient", "maybe", ""),
        (
            "duties",
            "person,start,end\nAnn,2026-03-02T07:00,2026-03-02T09:00Z\n",
            "start",
            "2026-03-02T07:00",
            "offset",
        ),
        (
            "duties",
            "person,start,end\nAnn,2026-03-02T07:00Z,2026-03-02 09:00\n",
            "end",
            "2026-03-02 09:00",
            "offset",
        ),
        (
            "duties",
            "person,start,end\nAnn,2026-03-02T07:00:30Z,2026-03-02T09:00Z\n",
            "start",
            "07:00:30",
            "minutes",
        ),
        ("duties", "person,start,end\nAnn,2026-02-30T07:00Z,2026-03-02T09:00Z\n", "start", "2026-02-30", ""),
        ("duties", "person,start,end\n,2026-03-02T07:00Z,2026-03-02T09:00Z\n", "person", "", ""),
        (
            "duties",
            "person,start,end\nAnn,2026-03-02T07:00Z,2026-04-02T07:01Z\n",
            "end",
            "2026-04-02",
            "31 days",
        ),
        (
            "duties",
            "person,start,end\nAnn,1971-03-02T07:00Z,1971-03-02T09:00Z\nAnn,2026-03-02T07:00Z,2026-03-02T09:00Z\n",
            "start",
            "2026-03-02",
            "50 years",
        ),
        ("people", "person,pgy\nAnn,0\n", "pgy", "0", "8"),
        ("people", "person,pgy\nAnn,9\n", "pgy", "9", "8"),
        ("people", "person,pgy\nAnn,two\n", "pgy", "two", "8"),
        ("people", "person,pgy\nAnn,1\nAnn,2\n", "person", "Ann", ""),
        ("people", NOT_LISTED, "person", "Ann", ""),
        ("leave", "person,start,end\nAnn,2026-03-05,2026-03-05\n", "end", "2026-03-05", "after the start"),
        ("leave", "person,start,end\nEve,2026-03-05,2026-03-06\n", "person", "Eve", ""),
        ("leave", "person,start,end\nAnn,5 March,2026-03-06\n", "start", "5 March", ""),
        ("periods", "person,start,end\nAnn,2026-03-05,2026-03-02\n", "end", "2026-03-02", "after the start"),
        ("periods", "person,start,end\nEve,2026-03-05,2026-03-06\n", "person", "Eve", ""),
        (
            "periods",
            "person,start,end,kind\nAnn,2026-03-05,2026-03-06,month\n",
            "kind",
            "month",
            "calendar_month",
        ),
        (
            "periods",
            "person,start,end\nAnn,2026-03-02,2026-03-09\nAnn,2026-03-08,2026-03-16\n",
            "start",
            "2026-03-08",
            "overlap",
        ),
        ("exceptions", "person,start,end,limit\nAnn,2026-03-05,2026-03-06,89\n", "limit", "89", "80 to 88"),
        (
            "exceptions",
            "person,start,end,limit\nAnn,2026-03-05,2026-03-06,79.99\n",
            "limit",
            "79.99",
            "80 to 88",
        ),
        ("exceptions", "person,start,end,limit\nAnn,2026-03-05,2026-03-06,\n", "limit", "", "80 to 88"),
        (
            "exceptions",
            "person,start,end,limit\nAnn,2026-03-06,2026-03-05,84\n",
            "end",
            "2026-03-05",
            "after",
        ),
        ("exceptions", "person,start,end,limit\nEve,2026-03-05,2026-03-06,84\n", "person", "Eve", ""),
    ],
)
def test_a_wrong_cell_is_named_with_its_file_row_value_and_what_would_be_right(
    check_acgme, name, text, field, value, expected
):
    good = {"duties": f"person,start,end\n{ROW}\n"}
    error = check_acgme(**(good | {name: text})).exception
    assert isinstance(error, InvalidBundleError), error
    problem = next(each for each in error.problems if each.field == field)
    place = "duties" if (name, text) == ("people", NOT_LISTED) else name
    assert re.match(rf"{place}\.csv row \d", problem.place)
    assert value in problem.value
    assert expected in problem.expected


def test_limits_of_what_is_accepted(judged_files):
    day = "2026-03-02T07:00Z"
    long = f"person,start,end\nAnn,{day},2026-04-02T07:00Z\n"
    assert judged_files(duties=long)["by_rule"]["CONTINUOUS_24_4"]["violations"] == 1
    years = f"person,start,end\nAnn,1977-03-02T07:00Z,1977-03-02T09:00Z\n{ROW}\n"
    assert judged_files(duties=years)["people"][0]["max_week_hours"] == 2
    for level in "18":
        assert (
            judged_files(duties=f"person,start,end\n{ROW}\n", people=f"person,pgy\nAnn,{level}\n")["findings"]
            == []
        )
    for limit in ("80", "88", "84.5"):
        exceptions = f"person,start,end,limit\nAnn,2026-03-05,2026-03-06,{limit}\n"
        assert judged_files(duties=f"person,start,end\n{ROW}\n", exceptions=exceptions)["findings"] == []


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/London", "2026-03-29T01:30"),
        ("America/New_York", "2026-03-08T02:00"),
        ("Africa/Cairo", "2026-04-24T00:30"),
    ],
)
def test_a_local_time_that_the_spring_change_skips_is_refused(check_acgme, zone, start):
    duties = f"person,start,end\nAnn,{start},2026-05-01T00:00\n"
    error = check_acgme("--timezone", zone, duties=duties).exception
    assert isinstance(error, InvalidBundleError)
    (problem,) = [each for each in error.problems if each.field == "start"]
    assert problem.value == start


def test_a_local_time_that_the_autumn_change_shows_twice_is_refused_with_both_readings(check_acgme):
    duties = "person,start,end\nAnn,2026-10-25T01:30,2026-10-25T09:00\n"
    error = check_acgme("--timezone", "Europe/London", duties=duties).exception
    (problem,) = error.problems
    assert (problem.field, problem.value) == ("start", "2026-10-25T01:30")
    assert "2026-10-25T01:30+01:00 or 2026-10-25T01:30+00:00" in problem.expected


def test_all_problems_of_all_files_are_told_at_once(check_acgme, local_duties):
    error = check_acgme(
        duties=local_duties.replace("in_house_call", "call"),
        people="person,pgy\nAnn,12\nBob,1\n",
        leave="person,start,end\nEve,2026-03-05,2026-03-05\n",
    ).exception
    assert isinstance(error, InvalidBundleError)
    places = {(problem.place.split()[0].rstrip(","), problem.field) for problem in error.problems}
    assert {("people.csv", "pgy"), ("leave.csv", "person"), ("leave.csv", "end")} <= places
    assert {("duties.csv", "kind"), ("duties.csv", "start"), ("duties.csv", "end")} <= places


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "../../etc/passwd", "BST+1"])
def test_an_unknown_time_zone_is_refused(check_acgme, zone):
    error = check_acgme("--timezone", zone).exception
    assert isinstance(error, InvalidInputError)
    assert (error.field, error.value) == ("timezone", zone)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "duties.csv"),
        ("person,start,end\n", "duties.csv"),
        ("person,start\nAnn,2026-03-02T07:00Z\n", "end"),
        ("person,start,end,shift\nAnn,2026-03-02T07:00Z,2026-03-02T09:00Z,late\n", "shift"),
        ("person,start,end\nÅsa,2026-03-02T07:00Z,2026-03-02T09:00Z\n".encode("latin-1"), "UTF-8"),
    ],
)
def test_a_file_that_is_no_duty_file_is_refused(check_acgme, text, words):
    error = check_acgme(duties=text).exception
    assert isinstance(error, InvalidBundleError | InvalidInputError)
    assert words in str(error)


def test_a_file_that_is_not_there_is_refused(check_acgme):
    error = check_acgme("--leave", "/nowhere/leave.csv").exception
    assert isinstance(error, InvalidBundleError | InvalidInputError)
    assert "/nowhere/leave.csv" in str(error) or "leave.csv" in str(error)


def test_wrong_input_ends_with_2_and_findings_with_0(tmp_path, local_duties):
    command = [sys.executable, "-c", "from cli.main import run; run()", "check", "acgme"]
    (tmp_path / "duties.csv").write_text(local_duties)
    for options, code in ((("--timezone", "Europe/London"), 0), ((), 2), (("--timezone", "Nowhere"), 2)):
        ran = subprocess.run(
            [*command, "--duties", str(tmp_path / "duties.csv"), *options],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == code, ran.stderr
        assert "Traceback" not in ran.stderr
        assert bool(ran.stderr) == (code == 2)
