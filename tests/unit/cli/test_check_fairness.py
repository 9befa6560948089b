"""``check fairness`` prints the documented JSON, a table for people, and refuses wrong files."""

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli.check import register
from residency.errors import InvalidBundleError

ROOT = Path(__file__).parents[3]
HEADER = "person,cohort,fte,hours,eligible_days,period_days"


@pytest.fixture
def run(tmp_path):
    """Runs the command on a file of rows; gives the exit code's result."""
    app = typer.Typer()
    register(app)

    def run(*rows, as_json=False):
        path = tmp_path / "shares.csv"
        path.write_text("\n".join([HEADER, *rows]) + "\n")
        return CliRunner().invoke(app, ["check", "fairness", str(path), *(["--json"] if as_json else [])])

    return run


@pytest.fixture
def told(run):
    def told(*rows):
        result = run(*rows, as_json=True)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return told


def test_json_holds_every_cohort_on_weighed_hours_and_the_overall(told):
    """Loads 100, 200 and 0 in x; 40 and 40 in y."""
    body = told("a,x,1,100,28,28", "b,x,0.5,100,28,28", "c,x,1,0,28,28", "d,y,1,40,28,28", "e,y,1,20,14,28")
    assert set(body) == {"cohorts", "overall", "without_availability"}
    assert list(body["cohorts"]) == ["x", "y"]
    x, y = body["cohorts"].values()
    assert set(x) == {"gini", "jain", "fairness", "worst_off", "max_minus_min", "degenerate"}
    assert x["gini"] == pytest.approx(4 / 9)
    assert x["jain"] == pytest.approx(300**2 / (3 * (100**2 + 200**2)))
    assert x["fairness"] == pytest.approx(5 / 9)
    assert (x["worst_off"], x["max_minus_min"], x["degenerate"]) == ("b", 200, False)
    assert (y["gini"], y["jain"], y["max_minus_min"]) == (0, 1, 0)
    assert body["overall"] == pytest.approx((3 * 5 / 9 + 2) / 5)
    assert body["without_availability"] == []


def test_degenerate_cohorts_are_flagged_and_left_out_of_the_overall(told):
    body = told("a,alone,1,100,28,28", "b,idle,1,0,28,28", "c,idle,1,0,28,28", "d,away,1,5,0,28")
    assert {name: cohort["fairness"] for name, cohort in body["cohorts"].items()} == {
        "alone": 1,
        "idle": 1,
        "away": None,
    }
    assert {name: cohort["degenerate"] for name, cohort in body["cohorts"].items()} == {
        "alone": True,
        "idle": True,
        "away": False,
    }
    assert body["cohorts"]["away"]["gini"] is body["cohorts"]["away"]["jain"] is body["overall"] is None
    assert body["without_availability"] == ["d"]


def test_a_file_without_people_has_no_fairness(told):
    assert told() == {"cohorts": {}, "overall": None, "without_availability": []}


def test_people_read_a_sentence_and_a_table(run):
    shown = run("a,[bold]x,1,100,28,28", "b,[bold]x,1,50,28,28", "c,y,1,1,28,28", "d,y,1,1,0,28").stdout
    assert shown.startswith(
        "Work is shared unevenly: fairness is 83.3 %; least so in [bold]x (83.3 %), where a"
    )
    assert "[bold]x" in shown.split("Cohort")[1]
    assert "100.0 % *" in shown
    assert "* One person, or no hours at all" in shown
    assert "Never available, so not compared: d." in shown
    plain = run("a,x,1,100,28,28", "b,x,1,100,28,28").stdout
    assert "*" not in plain
    assert "Never" not in plain
    assert run().stdout == ("Fairness cannot be told: nowhere do two people of one cohort share any work.\n")


def test_the_documented_example_prints_what_its_page_shows(monkeypatch):
    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "reference" / "measures.md").read_text()
    command, shown = re.search(r"\$ residency (.+?)\n```\n\n```text\n(.+?)```", page, re.DOTALL).groups()
    app = typer.Typer()
    register(app)
    assert CliRunner().invoke(app, command.split()).stdout == shown


def test_wrong_rows_are_refused(run):
    result = run("a,x,0,100,28,28")
    assert isinstance(result.exception, InvalidBundleError)
