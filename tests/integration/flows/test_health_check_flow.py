"""The health check as a flow run on a real server and database: what it stores, publishes and asks for."""

from datetime import UTC, datetime, timedelta

from prefect import get_client

from flows.platform.task_run import TaskRunFrame
from flows.resilience.periodic_health_check import periodic_health_check
from flows.resilience.run_contingency_analysis import run_contingency_analysis
from residency.importing.sample import sample_program
from residency.store.program_writer import import_program
from residency.store.tables import (
    HealthCheck,
    OutboxMessage,
    TaskRun,
)


async def test_the_health_check_stores_publishes_and_records_one_verdict(scheduled, deployed, rows, artifact):
    result = await periodic_health_check()
    (check,) = await rows(scheduled, HealthCheck)
    assert result["status"] == check.status != "no_data"
    assert check.slot.minute % 15 == 0
    assert (check.utilization, check.coverage) == (result["data"]["utilization"], result["data"]["coverage"])
    (run,) = await rows(scheduled, TaskRun)
    assert (run.state, run.task, run.attempt) == ("SUCCESS", "periodic_health_check", 1)
    assert run.result == result
    assert set(result) >= {"run_id", "task", "status", "started_at", "duration_s", "input_hash", "warnings"}
    page = (await artifact("health-check")).data
    assert "data:image/svg+xml;base64," in page
    assert page.index("|") < page.index("data:image")


async def test_a_second_check_in_the_same_quarter_of_an_hour_replaces_the_first(
    scheduled, deployed, monkeypatch, rows
):
    slot = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    monkeypatch.setattr(TaskRunFrame, "answers_for", slot)
    await periodic_health_check()
    await periodic_health_check()
    assert [check.slot for check in await rows(scheduled, HealthCheck)] == [slot]
    requests = await rows(scheduled, OutboxMessage)
    assert len({request.dedup_key for request in requests}) == len(requests)


async def test_without_a_contingency_report_the_check_asks_for_one_exactly_once(scheduled, deployed, rows):
    await periodic_health_check()
    (request,) = await rows(scheduled, OutboxMessage, OutboxMessage.dedup_key.like("%:contingency"))
    assert request.done_at is not None
    async with get_client() as client:
        runs = [
            run for run in await client.read_flow_runs(limit=200) if run.idempotency_key == request.dedup_key
        ]
    assert len(runs) == 1


async def test_without_a_published_schedule_the_check_says_no_data_and_alarms_nobody(plant, rows, artifact):
    result = await periodic_health_check()
    assert result["status"] == "no_data"
    assert "no published schedule" in result["warnings"][0]
    (check,) = await rows(plant, HealthCheck)
    assert (check.status, check.utilization, check.coverage) == ("no_data", None, None)
    assert await rows(plant, OutboxMessage) == []
    assert "No data" in (await artifact("health-check")).data


async def test_a_schedule_that_ends_early_is_judged_as_far_as_it_goes(plant, deployed):
    start = datetime.now(UTC).date() - timedelta(days=14)
    program = sample_program(people=29, days=18, seed=1, start=start, timezone="UTC")
    await import_program(plant, program, publish=True, actor="test")
    result = await periodic_health_check()
    assert result["status"] not in {"no_data", "emergency", "critical"}
    assert len(result["data"]["half_days"]) == 2 * 4
    assert any("3 of the days asked for have no schedule" in warning for warning in result["warnings"])


async def test_the_analysis_uses_the_health_check_s_standing(scheduled, deployed):
    report = await run_contingency_analysis()
    check = await periodic_health_check()
    assert check["data"]["n1_pass"] == report["data"]["n1_pass"]
    assert check["data"]["phase_risk"] == report["data"]["phase_risk"]
