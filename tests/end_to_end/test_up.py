"""The README's first command and a day with the plant, as an administrator and a coordinator live it."""

import json
import re
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import numpy as np
import psutil
import pytest
import yaml

from residency.importing.writing import write_bundle
from residency.program.records import (
    SOURCE_CODES,
    Absence,
    Assignments,
    CoverageRequirement,
    Person,
    Program,
    Service,
    User,
)
from residency.program.vocabulary import (
    AbsenceType,
    AssignmentSource,
    Half,
    PersonType,
    ServiceKind,
    UserRole,
)
from residency.settings import Settings

pytestmark = pytest.mark.timeout(600)

DEPLOYMENTS = yaml.safe_load((Path(__file__).parents[2] / "prefect.yaml").read_text())["deployments"]
SITE = ZoneInfo(Settings.model_fields["timezone"].default)


def marked_processes(home):
    """Processes whose environment names this plant's home."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("RESIDENCY_HOME") == home and process.pid != psutil.Process().pid:
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def test_up_once_runs_the_main_job_prints_both_verdicts_and_leaves_nothing_running(plant):
    ended = plant.run("up", "--once", seconds=400)
    for words in ("Loaded a sample program of 29 people", "Health check", "Contingency analysis"):
        assert words in ended.stdout
    assert plant.api.removesuffix("/api") in ended.stdout
    assert marked_processes(plant.environment["RESIDENCY_HOME"]) == []


def test_the_second_start_is_quick_and_the_artifacts_of_the_first_are_there(plant):
    plant.run("up", "--detach", seconds=200)
    found = httpx.post(f"{plant.api}/artifacts/latest/filter", json={}, timeout=60).json()
    pages = {artifact["key"]: artifact["data"] for artifact in found}
    assert {"health-check", "contingency-analysis"} <= set(pages)
    for key in ("health-check", "contingency-analysis"):
        assert "data:image/svg+xml;base64," in pages[key]


def test_the_deployments_stand_in_their_queues_with_their_schedules(plant):
    found = httpx.post(f"{plant.api}/deployments/filter", json={}, timeout=60).json()
    stands = {
        each["name"]: (
            each["work_queue_name"],
            sorted(plan["schedule"]["cron"] for plan in each["schedules"]),
        )
        for each in found
    }
    assert stands == {
        each["name"]: (
            each["work_pool"]["work_queue_name"],
            sorted(schedule["cron"] for schedule in each["schedules"]),
        )
        for each in DEPLOYMENTS
    }


def test_the_scheduler_makes_the_runs_that_the_schedules_ask_for(plant):
    coming = {"sort": "EXPECTED_START_TIME_ASC", "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    deadline = time.monotonic() + 60
    names: list[str] = []
    scheduled = sorted(each["name"] for each in DEPLOYMENTS if each["schedules"])
    while time.monotonic() < deadline and len(names) < len(scheduled):
        found = httpx.post(f"{plant.api}/flow_runs/filter", json=coming, timeout=60).json()
        flows = {
            flow["id"]: flow["name"]
            for flow in httpx.post(f"{plant.api}/flows/filter", json={}, timeout=60).json()
        }
        names = sorted({flows[run["flow_id"]] for run in found if run["auto_scheduled"]})
        time.sleep(1)
    assert names == scheduled


def test_a_flow_started_from_the_command_line_is_followed_to_its_stored_result(plant):
    ended = plant.run("run", "periodic_health_check", "--param", "horizon_days=3", "--wait", "--json")
    outcome = json.loads(ended.stdout)
    assert outcome["state"] == "Completed"
    assert outcome["result"]["run_id"] == outcome["run_id"]
    data = outcome["result"]["data"]
    assert len(data["half_days"]) == 6


def test_following_a_run_shows_states_and_log_lines(plant):
    ended = plant.run("run", "run_contingency_analysis", "--param", "days_ahead=14", "--wait")
    assert "[Running]" in ended.stdout
    assert re.search(r"contingency analysis .* UTC, 14 days: Completed", ended.stdout)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("run", "periodic_helth_check"), "did you mean periodic_health_check?"),
        (("run", "periodic_health_check", "--param", "days=3"), "horizon_days"),
        (("run", "periodic_health_check", "--param", "horizon_days=soon"), "horizon_days"),
        (("run", "periodic_health_check", "--param", "horizon_days=0"), "horizon_days"),
        (("run", "periodic_health_check", "--param", "horizon_days"), "name=value"),
        (("import", "nowhere"), "nowhere"),
    ],
)
def test_misuse_is_one_sentence_and_exit_code_2(plant, words, complaint):
    ended = plant.run(*words, code=2)
    assert complaint in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_latest_results_are_printed_with_their_age(plant):
    for command, key in (("health", "health_check"), ("contingency", "contingency")):
        body = json.loads(plant.run(command, "--json").stdout)
        assert body["age_minutes"] < 10
        assert body[key]["input_hash"]
        assert "ago" in plant.run(command).stdout


def test_the_program_goes_out_and_in_again_unchanged(plant):
    plant.run("export-bundle", "out")
    again = json.loads(plant.run("import", "out", "--publish", "--json").stdout)
    assert again["created"] is False


def test_a_bundle_of_one_s_own_is_imported_published_and_judged(plant):
    plant.run("sample", "mine", "--people", "29", "--days", "60", "--seed", "7")
    imported = json.loads(plant.run("import", "mine", "--publish", "--json").stdout)
    assert (imported["created"], imported["published"]) == (True, True)
    judged = json.loads(plant.run("check", "contingency", "mine", "--who", "all", "--json").stdout)
    assert set(judged) >= {
        "base",
        "n1",
        "n2",
        "n1_pass",
        "n2_pass",
        "joint_only_pairs",
        "phase_risk",
        "recommendations",
    }


def tight_program(start, away=()):
    """Eight faculty for a ward that needs five of them in every half-day; ``away`` lists who is lost.

    With all of them five eighths of their time is demanded, GREEN; with six of them five sixths, ORANGE.
    """
    people = tuple(Person(f"F{number}", f"Faculty {number}", PersonType.FACULTY) for number in range(1, 9))
    ward = Service(
        "WARD", "Ward", ServiceKind.INPATIENT, load_category=1, inpatient=True, leave_eligible=False
    )
    desk = Service("DESK", "Desk", ServiceKind.ADMINISTRATION, load_category=6)
    half_days = [(day, half) for day in range(45) for half in range(2)]
    # Five are on the ward and a sixth is at a desk.
    held = np.array(
        [[(day + step) % 8, day, half, step // 5] for day, half in half_days for step in range(6)]
    )
    filled = len(held)
    return Program(
        timezone=SITE.key,
        people=people,
        services=(ward, desk),
        coverage=tuple(
            CoverageRequirement("WARD", half, 5, weekday=weekday) for weekday in range(7) for half in Half
        ),
        assignments=Assignments(
            person=held[:, 0].astype(np.int32),
            service=held[:, 3].astype(np.int32),
            day=np.datetime64(start, "D") + held[:, 1],
            half=held[:, 2].astype(np.int8),
            role=np.zeros(filled, np.int8),
            source=np.full(filled, SOURCE_CODES[AssignmentSource.SOLVER], np.int8),
            locked=np.zeros(filled, np.bool_),
        ),
        absences=tuple(
            Absence(each, start, start + timedelta(days=40), AbsenceType.DEPLOYMENT) for each in away
        ),
        users=(
            User("ada", "ada@clinic.example", UserRole.ADMIN),
            User("cora", "cora@clinic.example", UserRole.COORDINATOR),
        ),
    )


def test_two_faculty_are_lost_and_coverage_comes_back(plant):
    def told(*words, code=0):
        return json.loads(plant.run(*words, "--json", code=code).stdout)

    def health():
        plant.run("run", "periodic_health_check", "--wait")
        found = told("health")["health_check"]
        return found["utilization_level"], found["coverage"], found["load_shedding_level"]

    today = datetime.now(SITE).date()
    write_bundle(tight_program(today), plant.folder / "whole")
    write_bundle(tight_program(today, ("F1", "F2")), plant.folder / "lost")
    plant.run("import", "whole", "--publish")
    assert health() == ("GREEN", 1.0, "NORMAL")
    plant.run("run", "precompute_fallback_schedules", "--param", "top_k=28", "--wait")
    assert told("fallbacks", "list")

    plant.run("import", "lost")
    level, coverage, _ = health()
    assert level == "ORANGE"
    assert coverage < 0.85

    why = "Two attendings are deployed"
    trial = told("crisis", "simulate", "--level", "warning")
    assert (trial["load"]["level"], trial["fallback"]["scenario"]) == ("ORANGE", "2_faculty_loss")
    assert told("crisis", "status")["crisis"] is None
    asked = told("crisis", "request", "--level", "warning", "--reason", why, "--by", "cora")
    plant.run("crisis", "approve", asked["id"], "--by", "cora", code=2)
    begun = told("crisis", "approve", asked["id"], "--by", "ada")
    assert begun["result"] == "activated"
    assert begun["plan"]["fallback"]["made_on_the_spot"] is False, begun["plan"]["notes"]
    assert told("crisis", "approve", asked["id"], "--by", "ada")["replayed"] is True
    assert "Desk" in plant.run("crisis", "status").stdout

    draft = begun["version_id"]
    assert [each["publication"] for each in told("versions") if each["id"] == draft] == ["draft"]
    measured = told("metrics", "--version", draft, "--end", (today + timedelta(days=40)).isoformat())
    assert measured["coverage"]["overall"] == 1.0
    plant.run("publish", draft)
    level, coverage, shed = health()
    assert (level, coverage, shed) == ("ORANGE", 1.0, "ORANGE")
    assert "crisis" in {each["category"] for each in told("alerts", "list")}

    over = told("crisis", "deactivate", "--reason", "They are back", "--by", "ada")
    assert over["result"] == "deactivated"
    assert health()[2] == "NORMAL"
    again = told("crisis", "deactivate", "--reason", "They are back", "--by", "ada")
    assert again["result"] == "no_action"
    assert "is whole" in plant.run("audit", "verify").stdout


def test_every_part_is_well(plant):
    doctor = plant.run("doctor", "--json")
    assert json.loads(doctor.stdout)
    status = plant.run("status")
    for part in ("PostgreSQL", "S3", "Prefect", "worker"):
        assert part.lower() in status.stdout.lower()


def test_a_second_plant_on_the_same_home_is_refused(plant):
    ended = plant.run("up", "--detach", code=1)
    assert "already" in ended.stderr + ended.stdout


def test_no_secret_shows_in_any_log_or_command_line(plant):
    home = plant.folder / "home"
    secrets = [value for value in json.loads((home / "credentials.json").read_text()).values() if value]
    shown = "\n".join(path.read_text(errors="replace") for path in (home / "logs").iterdir())
    shown += "\n".join(marked_processes(str(home)))
    assert len(shown) > 1000
    assert [number for number, secret in enumerate(secrets) if secret in shown] == []


def test_down_ends_everything(plant):
    plant.run("down")
    assert marked_processes(plant.environment["RESIDENCY_HOME"]) == []
    again = plant.run("down")
    assert "nothing" in again.stdout.lower() or "not running" in again.stdout.lower()


def test_a_database_that_is_down_is_one_sentence_and_exit_code_1(plant):
    ended = plant.run("health", code=1)
    assert "does not answer" in ended.stderr
    assert "residency up" in ended.stderr
    assert "Traceback" not in ended.stderr
