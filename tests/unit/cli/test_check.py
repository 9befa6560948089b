import json
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from cli.check import register
from residency.errors import InvalidBundleError, InvalidInputError

PEOPLE = """id,name,type,pgy,specialties
Ann,Ann,faculty,,gyn
Bea,Bea,faculty,,gyn
Cyd,Cyd,faculty,,
Rae,Rae,resident,3,
"""
SERVICES = """abbreviation,name,kind,required_type,required_specialty
SC,Colposcopy,procedure,faculty,gyn
"""
COVERAGE = "service,weekday,half,minimum\nSC,mon,AM,1\nSC,tue,AM,1\n"
ASSIGNMENTS = "person,service,date,half\nAnn,SC,2026-03-02,AM\nAnn,SC,2026-03-03,AM\n"
ABSENCES = "person,start_date,end_date,type,status\nBea,2026-03-03,2026-03-03,vacation,approved\n"
KEYS = {
    "base",
    "n1",
    "n2",
    "n1_pass",
    "n2_pass",
    "joint_only_pairs",
    "phase_risk",
    "recommendations",
}


@pytest.fixture
def bundle(tmp_path):
    sheets = {
        "people": PEOPLE,
        "services": SERVICES,
        "coverage": COVERAGE,
        "assignments": ASSIGNMENTS,
        "absences": ABSENCES,
    }
    for name, text in sheets.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def check(*arguments):
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, ["check", "contingency", *map(str, arguments)])


def checked(*arguments):
    result = check(*arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def test_json_holds_the_three_numbers_by_bundle_id(bundle):
    body = json.loads(checked(bundle, "--json"))
    assert set(body) == KEYS | {"period", "phase_indicators", "warnings"}
    assert body["period"] == {"start": "2026-03-02", "end": "2026-03-04"}
    assert body["base"] == {"assigned_only": 0, "after_reassignment": 0}
    assert body["n1"] == [
        {
            "person": "Ann",
            "assigned_gap": 2,
            "reassigned_gap": 1,
            "supervision_deficit": 0,
            "sole_provider_slots": 2,
            "severity": "critical",
        },
        *(
            {
                "person": person,
                "assigned_gap": 0,
                "reassigned_gap": 0,
                "supervision_deficit": 0,
                "sole_provider_slots": 0,
                "severity": "none",
            }
            for person in ("Bea", "Cyd")
        ),
    ]
    pair = {"supervision_deficit": 0, "assigned_gap": 2}
    assert body["n2"] == [
        {"a": "Ann", "b": "Bea", "reassigned_gap": 2, **pair},
        {"a": "Ann", "b": "Cyd", "reassigned_gap": 1, **pair},
    ]
    assert (body["n1_pass"], body["n2_pass"], body["joint_only_pairs"]) == (False, False, [])
    assert body["phase_risk"] == "low"
    assert body["recommendations"][0]["people"] == ["Cyd"]


def test_who_all_takes_residents_in(bundle):
    body = json.loads(checked(bundle, "--who", "all", "--json"))
    assert {loss["person"] for loss in body["n1"]} == {"Ann", "Bea", "Cyd", "Rae"}


def test_a_joint_only_pair_is_an_object_like_a_pair(bundle):
    body = json.loads(checked(bundle, "--end", "2026-03-03", "--json"))
    (pair,) = body["joint_only_pairs"]
    assert pair == body["n2"][0]
    assert (pair["a"], pair["b"], pair["reassigned_gap"]) == ("Ann", "Bea", 1)


def test_text_starts_with_the_verdict_and_ends_with_what_to_do(bundle):
    text = checked(bundle)
    assert text.startswith("There are people whose loss cannot be absorbed (N-1 fails).")
    assert text.index("critical") < text.index("What to do:")
    assert "- Train Cyd for Colposcopy: when Ann is away, the slot" in text


def test_the_period_can_be_chosen(bundle):
    body = json.loads(checked(bundle, "--start", "2026-03-03", "--end", "2026-03-11", "--json"))
    assert body["period"] == {"start": "2026-03-03", "end": "2026-03-11"}
    assert body["base"] == {"assigned_only": 2, "after_reassignment": 0}


def test_an_assignment_to_an_ineligible_person_is_a_finding(bundle):
    (bundle / "assignments.csv").write_text(ASSIGNMENTS.replace("Ann,SC,2026-03-03", "Cyd,SC,2026-03-03"))
    text = checked(bundle)
    assert "- Cyd holds 1 assignment to Colposcopy without being eligible; not counted as cover" in text


def test_a_period_without_demand_is_a_sentence(bundle):
    text = checked(bundle, "--start", "2026-03-04", "--end", "2026-03-06")
    assert text.endswith("nothing is required in this period, so nothing can be lost.\n")
    body = json.loads(checked(bundle, "--start", "2026-03-04", "--end", "2026-03-06", "--json"))
    assert body["warnings"] == ["nothing is required in this period, so nothing can be lost"]
    assert (body["n1_pass"], body["n2"]) == (True, [])


def emptied(bundle, *, keep):
    for file in bundle.iterdir():
        if file.stem not in keep:
            file.write_text(file.read_text().splitlines()[0] + "\n")
    return bundle


def test_a_program_without_people_is_refused_in_a_sentence(bundle):
    error = check(emptied(bundle, keep=())).exception
    assert isinstance(error, InvalidBundleError)
    assert "people.csv" in str(error)


def test_a_program_without_any_date_is_refused_in_a_sentence(bundle):
    error = check(emptied(bundle, keep={"people"})).exception
    assert isinstance(error, InvalidInputError)
    assert "at least one assignment" in str(error)


def test_a_program_without_any_date_is_judged_over_days_that_are_given(bundle):
    text = checked(emptied(bundle, keep={"people"}), "--start", "2026-03-02", "--end", "2026-03-09")
    assert "nothing is required in this period" in text


@pytest.mark.parametrize(("start", "end"), [("2026-03-05", "2026-03-04"), ("2026-03-05", "2026-03-05")])
def test_a_period_that_ends_before_it_starts_is_refused(bundle, start, end):
    error = check(bundle, "--start", start, "--end", end).exception
    assert isinstance(error, InvalidInputError)
    assert error.field == "end"


@pytest.mark.parametrize("arguments", [("--who", "residents"), ("--start", "yesterday")])
def test_a_wrong_option_is_misuse(bundle, arguments):
    assert check(bundle, *arguments).exit_code == 2


def test_a_broken_bundle_is_refused(bundle):
    (bundle / "people.csv").write_text(PEOPLE.replace("faculty,,gyn", "wizard,,gyn", 1))
    assert isinstance(check(bundle).exception, InvalidBundleError)


def test_a_path_without_bundle_is_refused(tmp_path):
    assert isinstance(check(tmp_path / "nowhere").exception, InvalidInputError)


def test_neither_server_nor_database_code_is_loaded(bundle):
    code = (
        "import sys, typer; from cli.check import register; app = typer.Typer(); register(app)\n"
        f"app(['check', 'contingency', {str(bundle)!r}], standalone_mode=False)\n"
        "print([name for name in ('prefect', 'sqlalchemy', 'pandas', 'matplotlib') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.endswith("[]\n")
