"""A file of who worked how much: what is understood, and every wrong cell told with its row and column."""

import pytest

from residency.errors import InvalidBundleError, InvalidInputError
from residency.importing.fairness_file import read_work_shares

HEADER = "person,cohort,fte,hours,eligible_days,period_days"


@pytest.fixture
def read(tmp_path):
    def read(*lines, header=HEADER):
        path = tmp_path / "shares.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        return read_work_shares(path)

    return read


@pytest.fixture
def problems(read):
    def problems(*lines, header=HEADER):
        with pytest.raises(InvalidBundleError) as error:
            read(*lines, header=header)
        return [str(problem) for problem in error.value.problems]

    return problems


def test_hours_are_weighed_by_fte_and_share_of_the_period(read):
    told = read("a,PGY-1,0.5,120.25,14,28", "b,core,1,0,0,28", "c,core,0.3333333333333333,1,28,28.5")
    assert (told.people, told.cohorts) == (("a", "b", "c"), ("PGY-1", "core", "core"))
    assert told.hours.tolist() == [120.25, 0, 1]
    assert told.weight.tolist() == [0.25, 0, pytest.approx(28 / 28.5 / 3)]


def test_columns_may_stand_in_any_order_and_rows_may_be_missing(read):
    told = read("28,28,100,1,x,a", header=",".join(reversed(HEADER.split(","))))
    assert (told.people, told.hours.tolist(), told.weight.tolist()) == (("a",), [100], [1])
    assert read().people == ()


@pytest.mark.parametrize(
    ("cells", "column", "shown", "expected"),
    [
        (",x,1,1,1,1", "person", "empty", "text on one line"),
        ("a,,1,1,1,1", "cohort", "empty", "text on one line"),
        ("a,x,0,1,1,1", "fte", "'0'", "a share of full time above 0 and at most 1"),
        ("a,x,1.01,1,1,1", "fte", "'1.01'", "a share of full time above 0 and at most 1"),
        ("a,x,full,1,1,1", "fte", "'full'", "a share of full time above 0 and at most 1"),
        ("a,x,1,-0.5,1,1", "hours", "'-0.5'", "a number of hours, 0 or more"),
        ("a,x,1,nan,1,1", "hours", "'nan'", "a number of hours, 0 or more"),
        ("a,x,1,1e3,1,1", "hours", "'1e3'", "a number of hours, 0 or more"),
        ("a,x,1,,1,1", "hours", "empty", "a number of hours, 0 or more"),
        ("a,x,1,1,-1,1", "eligible_days", "'-1'", "a number of days, 0 or more"),
        ("a,x,1,1,29,28", "eligible_days", "'29'", "at most the 28 days of the period"),
        ("a,x,1,1,0,0", "period_days", "'0'", "a number of days above 0"),
    ],
)
def test_a_wrong_cell_is_told_with_row_and_column(problems, cells, column, shown, expected):
    assert problems("b,x,1,1,1,1", cells) == [
        f"shares.csv row 3, column {column}: {shown} is not valid; expected {expected}"
    ]


def test_every_problem_is_told_at_once(problems):
    told = problems("a,x,1,1,1,1", "a,x,2,-1,1,1", "b,x,1,1,9,8")
    assert [one.split(":")[0] for one in told] == [
        "shares.csv row 3, column person",
        "shares.csv row 3, column fte",
        "shares.csv row 3, column hours",
        "shares.csv row 4, column eligible_days",
    ]
    assert "row 2 has it already" in told[0]


def test_missing_and_unknown_columns_are_told(problems):
    told = problems("a,x,1,1,1,1", header="person,cohort,fte,hour,eligible_days,period_days")
    assert told[0].startswith(
        "shares.csv row 1 has the unknown column 'hour'; expected columns out of person"
    )
    assert "did you mean 'hours'" in told[0]
    assert told[1].startswith("shares.csv row 1 lacks the column hours")


def test_what_is_no_csv_file_is_refused(tmp_path, problems):
    with pytest.raises(InvalidInputError, match="No such file"):
        read_work_shares(tmp_path / "none.csv")
    assert "is not CSV" in problems('"a,x,1,1,1,1')[0]
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(InvalidBundleError, match="is empty"):
        read_work_shares(tmp_path / "empty.csv")
