"""Every deployment of prefect.yaml fits its flow, its queue and the schedule table."""

import inspect
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from cronsim import CronSim
from prefect import Flow

PLANT = yaml.safe_load((Path(__file__).parents[3] / "prefect.yaml").read_text())
DEPLOYMENTS: dict[str, dict[str, Any]] = {entry["name"]: entry for entry in PLANT["deployments"]}

# task -> (cron or crons, queue, retries, delay in seconds), as the schedule of the program's tasks demands
EXPECTED = {
    "periodic_health_check": ("*/15 * * * *", "resilience", 3, 60),
    "run_contingency_analysis": ("0 2 * * *", "resilience", 2, 300),
    "precompute_fallback_schedules": ("0 3 * * 0", "resilience", 1, 600),
    "generate_utilization_forecast": ("0 6 * * *", "resilience", 2, 300),
    "activate_crisis_response": (None, "resilience", 0, 0),
    "deactivate_crisis_response": (None, "resilience", 0, 0),
    "send_resilience_alert": (None, "resilience", 3, 30),
    "compute_schedule_metrics": ("0 5 * * *", "metrics", 3, 60),
    # The second finds work only if the run that compute_schedule_metrics asks for left none.
    "snapshot_metrics": (("0 8-18 * * 1-5", "0 5 * * *"), "metrics", 3, 60),
    "cleanup_old_snapshots": ("30 3 * * *", "metrics", 2, 300),
    "generate_fairness_trend_report": ("0 7 * * 1", "metrics", 2, 120),
    "compute_version_diff": (None, "metrics", 2, 120),
    "generate_compliance_report": (("0 17 * * 5", "0 9 1 * *"), "default", 3, 300),
    "validate_schedule": (None, "default", 2, 60),
    "detect_conflicts": (None, "notifications", 3, 60),
    "find_substitutes": (None, "resilience", 2, 60),
    "simulate_absence": (None, "resilience", 2, 60),
}

# what a caller must say himself
NEEDED: dict[str, dict[str, Any]] = {
    "activate_crisis_response": {
        "level": "critical",
        "reason": "Two attendings are ill.",
        "requested_by": "coordinator",
        "idempotency_key": "k",
    },
    "deactivate_crisis_response": {"reason": "Both are back.", "by": "coordinator"},
    "send_resilience_alert": {"level": "warning", "category": "health_check", "message": "A sentence."},
    "compute_version_diff": dict.fromkeys(("version_a", "version_b"), str(uuid4())),
    "detect_conflicts": {"start": "2026-09-04", "end": "2026-10-02"},
    "find_substitutes": {"person": "F01", "start": "2026-09-04", "last": "2026-09-06"},
    "simulate_absence": {"person": "F01", "start": "2026-09-04", "last": "2026-09-06"},
}


def _flow(name: str) -> Flow[..., Any]:
    module, _, attribute = DEPLOYMENTS[name]["entrypoint"].rpartition(".")
    return getattr(import_module(module), attribute)


def test_exactly_the_expected_tasks_are_deployed():
    assert set(DEPLOYMENTS) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_deployment_is_named_as_its_flow(name: str):
    assert _flow(name).name == name


@pytest.mark.parametrize("name", EXPECTED)
def test_schedule_queue_retries_and_soft_limit_are_the_demanded_ones(name: str):
    cron, queue, retries, delay = EXPECTED[name]
    flow, entry = _flow(name), DEPLOYMENTS[name]
    crons = list(cron) if isinstance(cron, tuple) else [cron] if cron else []
    assert [schedule["cron"] for schedule in entry["schedules"]] == crons
    assert entry["work_pool"]["name"] == "residency"
    assert entry["work_pool"]["work_queue_name"] == queue
    assert (flow.retries, flow.retry_delay_seconds, flow.timeout_seconds) == (retries, delay, 540)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_deployment_gives_only_parameters_that_the_flow_takes(name: str):
    taken = inspect.signature(_flow(name).fn).parameters
    given = DEPLOYMENTS[name]["parameters"]
    assert set(given) <= set(taken)
    defaults = {key: p.default for key, p in taken.items() if p.default is not inspect.Parameter.empty}
    _flow(name).validate_parameters({**defaults, **NEEDED.get(name, {}), **given})


@pytest.mark.parametrize("name", EXPECTED)
def test_schedules_have_a_slug_and_a_cron_in_utc_that_fires(name: str):
    for schedule in DEPLOYMENTS[name]["schedules"]:
        assert schedule["slug"]
        # Said here, it would revive at each deployment what a person paused.
        assert "active" not in schedule
        assert schedule["timezone"] == "UTC"
        assert next(CronSim(schedule["cron"], datetime(2026, 1, 1, tzinfo=UTC)))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_schedule_gives_only_parameters_that_the_flow_takes(name: str):
    taken = inspect.signature(_flow(name).fn).parameters
    for schedule in DEPLOYMENTS[name]["schedules"]:
        assert set(schedule.get("parameters", {})) <= set(taken)


@pytest.mark.parametrize("name", EXPECTED)
def test_whoever_runs_by_itself_needs_no_parameter_beyond_those_of_the_deployment(name: str):
    needed = {
        key
        for key, parameter in inspect.signature(_flow(name).fn).parameters.items()
        if parameter.default is inspect.Parameter.empty
    }
    for schedule in DEPLOYMENTS[name]["schedules"]:
        assert needed <= {*DEPLOYMENTS[name]["parameters"], *schedule.get("parameters", {})}


def test_queues_are_those_of_the_program_with_their_limits_and_alerts_go_first():
    queues = PLANT["definitions"]["work_queues"]
    assert {name: queue["limit"] for name, queue in queues.items()} == {
        "resilience": 4,
        "metrics": 2,
        "exports": 2,
        "notifications": 1,
        "security": 1,
        "compliance": 1,
        "cleanup": 1,
        "default": 2,
        "maintenance": 1,
    }
    assert sorted(queue["priority"] for queue in queues.values()) == list(range(1, len(queues) + 1))
    assert queues["resilience"]["priority"] == 1


@pytest.mark.parametrize("name", EXPECTED)
def test_flows_are_asynchronous(name: str):
    assert _flow(name).isasync
