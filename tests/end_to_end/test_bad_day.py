"""A bad day from end to end: two faculty are lost, a crisis is declared by two people, and is over again."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

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

pytestmark = pytest.mark.timeout(600)

SITE = ZoneInfo("America/Denver")


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
        timezone="America/Denver",
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
    plant.environment["RESIDENCY_TIMEZONE"] = SITE.key
    plant.run("up", "--detach", "--no-main-job", seconds=200)
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
