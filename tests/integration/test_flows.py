"""The flows on a real Prefect server and a real database: what they store, publish, ask for and refuse."""

import traceback
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from prefect import flow, get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from sqlalchemy import func, select

from blocks.program_database import DOCUMENT_NAME, ProgramDatabase
from flows.platform.lateness import skip_if_late
from flows.platform.policies import DAILY, QUARTER_HOURLY
from flows.platform.requests import start_requested_flows
from flows.platform.task_run import TaskRunFrame, task_run
from flows.resilience.periodic_health_check import periodic_health_check
from flows.resilience.run_contingency_analysis import run_contingency_analysis
from flows.resilience.send_resilience_alert import send_resilience_alert
from residency.errors import ConflictError, DatabaseStatementError, DatabaseUnreachableError, NotFoundError
from residency.importing.sample import sample_program
from residency.messaging.outbox import FlowRunRequest, request_flow_run
from residency.store.program_writer import import_program
from residency.store.resilience_results import newest_contingency
from residency.store.tables import (
    HealthCheck,
    Notification,
    OutboxMessage,
    PersonRow,
    ResilienceAlert,
    TaskRun,
    VulnerabilityReportRow,
)
from residency.store.task_runs import RunStart, record_end, record_start, record_success

ALERT = {"level": "warning", "category": "contingency", "message": "F-7KQ2 is irreplaceable."}


@pytest.fixture
async def plant(prefect_server, database_url, engine):
    await ProgramDatabase(url=database_url, timezone="UTC").save(DOCUMENT_NAME, overwrite=True)
    return engine


@pytest.fixture
async def scheduled(plant):
    """A plant whose database holds a published sample program that covers today."""
    start = datetime.now(UTC).date() - timedelta(days=14)
    program = sample_program(people=29, days=120, seed=1, start=start, timezone="UTC")
    await import_program(plant, program, publish=True, actor="test")
    return plant


@pytest.fixture
async def deployed(prefect_server):
    """Deployments under the names that requests use; no worker serves them here."""
    for each in (run_contingency_analysis, send_resilience_alert):
        await (await each.to_deployment(name=each.name)).apply()


async def rows(engine, table, *where):
    async with engine.connect() as connection:
        return (await connection.execute(select(table.__table__).where(*where))).all()


async def artifact(key):
    async with get_client() as client:
        found = await client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])))
    return max(found, key=lambda each: each.created)


async def test_the_health_check_stores_publishes_and_records_one_verdict(scheduled, deployed):
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
    scheduled, deployed, monkeypatch
):
    slot = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    monkeypatch.setattr(TaskRunFrame, "answers_for", slot)
    await periodic_health_check()
    await periodic_health_check()
    assert [check.slot for check in await rows(scheduled, HealthCheck)] == [slot]
    requests = await rows(scheduled, OutboxMessage)
    assert len({request.dedup_key for request in requests}) == len(requests)


async def test_without_a_contingency_report_the_check_asks_for_one_exactly_once(scheduled, deployed):
    await periodic_health_check()
    (request,) = await rows(scheduled, OutboxMessage, OutboxMessage.dedup_key.like("%:contingency"))
    assert request.done_at is not None
    async with get_client() as client:
        runs = [
            run for run in await client.read_flow_runs(limit=200) if run.idempotency_key == request.dedup_key
        ]
    assert len(runs) == 1


async def test_without_a_published_schedule_the_check_says_no_data_and_alarms_nobody(plant):
    result = await periodic_health_check()
    assert result["status"] == "no_data"
    assert "no published schedule" in result["warnings"][0]
    (check,) = await rows(plant, HealthCheck)
    assert (check.status, check.utilization, check.coverage) == ("no_data", None, None)
    assert await rows(plant, OutboxMessage) == []
    assert "No data" in (await artifact("health-check")).data


async def test_without_a_published_schedule_the_analysis_shows_no_former_report(plant):
    result = await run_contingency_analysis()
    assert result["status"] == "no_data"
    assert await rows(plant, VulnerabilityReportRow) == []
    assert "No data" in (await artifact("contingency-analysis")).data


async def test_a_schedule_that_ends_early_is_judged_as_far_as_it_goes(plant, deployed):
    start = datetime.now(UTC).date() - timedelta(days=14)
    program = sample_program(people=29, days=18, seed=1, start=start, timezone="UTC")
    await import_program(plant, program, publish=True, actor="test")
    result = await periodic_health_check()
    assert result["status"] not in {"no_data", "emergency", "critical"}
    assert len(result["data"]["half_days"]) == 2 * 4
    assert any("3 of the days asked for have no schedule" in warning for warning in result["warnings"])


async def test_a_report_asked_for_by_hand_changes_no_standing_verdict(scheduled, deployed):
    usual = await run_contingency_analysis()
    await run_contingency_analysis(days_ahead=2)
    async with scheduled.connect() as connection:
        newest = await newest_contingency(connection)
    assert newest.report.input_hash == usual["input_hash"]
    standing = {report.standing: report for report in await rows(scheduled, VulnerabilityReportRow)}
    assert standing[True].superseded_by is None
    alerts = await rows(scheduled, OutboxMessage, OutboxMessage.dedup_key.like("contingency:%"))
    assert all(str(standing[False].run_id) not in alert.dedup_key for alert in alerts)


async def test_the_contingency_analysis_stores_a_report_that_supersedes_the_last(scheduled, deployed):
    first = await run_contingency_analysis()
    second = await run_contingency_analysis()
    older, newer = sorted(await rows(scheduled, VulnerabilityReportRow), key=lambda report: report.at)
    assert (older.superseded_by, newer.superseded_by) == (newer.id, None)
    assert first["input_hash"] == second["input_hash"]
    assert newer.n1 == second["data"]["n1"]
    page = (await artifact("contingency-analysis")).data
    pseudonyms = {loss["person"] for loss in newer.n1}
    assert any(pseudonym in page for pseudonym in pseudonyms)
    assert "data:image/svg+xml;base64," in page


async def test_pages_results_and_messages_name_no_person(scheduled, deployed):
    program = sample_program(people=29, days=7, seed=1, start=date(2026, 1, 5), timezone="UTC")
    await run_contingency_analysis(days_ahead=21)
    await periodic_health_check()
    seen = [(await artifact(key)).data for key in ("contingency-analysis", "health-check")]
    seen += [
        str(row) for table in (TaskRun, OutboxMessage, Notification) for row in await rows(scheduled, table)
    ]
    for person in program.people:
        for text in seen:
            assert person.name not in text
            assert person.email is None or person.email not in text


async def test_the_analysis_uses_the_health_check_s_standing(scheduled, deployed):
    report = await run_contingency_analysis()
    check = await periodic_health_check()
    assert check["data"]["n1_pass"] == report["data"]["n1_pass"]
    assert check["data"]["phase_risk"] == report["data"]["phase_risk"]


async def test_the_alert_flow_raises_joins_and_replays(scheduled, deployed):
    raised = await send_resilience_alert(**ALERT, idempotency_key="one")
    joined = await send_resilience_alert(**ALERT, idempotency_key="two")
    replayed = await send_resilience_alert(**ALERT, idempotency_key="one")
    assert (raised["status"], joined["status"], replayed["status"]) == ("raised", "joined", "raised")
    (alert,) = await rows(scheduled, ResilienceAlert)
    assert alert.occurrences == 2
    assert len(await rows(scheduled, Notification)) == raised["data"]["notified"]


async def test_an_alert_asks_for_its_own_escalation_which_then_raises_it(scheduled, deployed):
    raised = await send_resilience_alert(**ALERT)
    alert_id = raised["data"]["alert_id"]
    async with get_client() as client:
        (follow_up,) = [
            run
            for run in await client.read_flow_runs(limit=200)
            if run.parameters.get("escalates") == alert_id
        ]
    (alert,) = await rows(scheduled, ResilienceAlert)
    assert abs(follow_up.expected_start_time - alert.next_escalation_at) < timedelta(seconds=1)
    early = await send_resilience_alert(**follow_up.parameters)
    assert early["status"] == "early"
    async with scheduled.begin() as connection:
        await connection.execute(
            ResilienceAlert.__table__.update().values(next_escalation_at=datetime.now(UTC))
        )
    risen = await send_resilience_alert(**follow_up.parameters)
    assert (risen["status"], risen["data"]["level"]) == ("raised", "critical")


async def test_a_key_used_for_another_alert_fails_at_once_without_a_retry(scheduled, deployed):
    await send_resilience_alert(**ALERT, idempotency_key="one")
    with pytest.raises(ConflictError):
        await send_resilience_alert(**{**ALERT, "category": "health_check"}, idempotency_key="one")
    (failed,) = await rows(scheduled, TaskRun, TaskRun.state == "FAILURE")
    assert (failed.attempt, failed.error_class) == (1, "conflict")
    told = await rows(scheduled, Notification, Notification.dedup_key == f"failed:{failed.run_id}")
    assert len(told) >= 1


async def test_an_alert_that_nobody_can_read_fails_at_once(plant):
    with pytest.raises(NotFoundError, match="nobody could be told"):
        await send_resilience_alert(**ALERT)
    (failed,) = await rows(plant, TaskRun)
    assert (failed.state, failed.attempt, failed.error_class) == ("FAILURE", 1, "not_found")


@pytest.mark.parametrize(
    ("run", "parameters", "field"),
    [
        (periodic_health_check, {"horizon_days": 0}, "horizon_days"),
        (periodic_health_check, {"horizon_days": "soon"}, "horizon_days"),
        (run_contingency_analysis, {"days_ahead": 5000}, "days_ahead"),
        (run_contingency_analysis, {"version_id": "latest"}, "version_id"),
        (send_resilience_alert, {**ALERT, "level": "catastrophe"}, "level"),
        (send_resilience_alert, {**ALERT, "message": ""}, "message"),
        (send_resilience_alert, {**ALERT, "category": "Two Words"}, "category"),
    ],
)
async def test_bad_parameters_end_the_run_as_invalid_input_naming_the_field(plant, run, parameters, field):
    state = await run(**parameters, return_state=True)
    assert state.is_failed()
    assert field in state.message
    (failed,) = await rows(plant, TaskRun)
    assert (failed.state, failed.error_class) == ("FAILURE", "invalid_input")
    assert field in failed.error


async def test_a_run_that_has_ended_is_not_opened_again(plant):
    start = RunStart(uuid4(), "some_task", None, None, datetime.now(UTC), 1, {}, "request", None)
    async with plant.begin() as connection:
        await record_start(connection, start)
        await record_end(connection, start, "REVOKED", datetime.now(UTC), "cancelled", "by hand")
    with pytest.raises(ConflictError, match="has ended already"):
        async with plant.begin() as connection:
            await record_start(connection, start)
    async with plant.begin() as connection:
        await record_success(connection, start.run_id, datetime.now(UTC), {})
    (run,) = await rows(plant, TaskRun)
    assert run.state == "REVOKED"


async def test_a_refused_statement_is_told_without_the_values_in_it(plant):
    somebody = "Person With A Name"

    @flow(name="careless")
    async def careless():
        async with task_run("careless") as run, run.engine.begin() as connection:
            for _ in range(2):
                await connection.execute(
                    PersonRow.__table__.insert().values(
                        external_id=somebody, name=somebody, type="faculty", pseudonym=str(uuid4())
                    )
                )

    state = await careless(return_state=True)
    assert "uq_people_external_id" in state.message
    (run,) = await rows(plant, TaskRun)
    assert (run.error_class, somebody in run.error) == ("database_statement", False)
    with pytest.raises(DatabaseStatementError) as raised:
        await state.result()
    assert somebody not in "".join(traceback.format_exception(raised.value))


async def test_a_wish_for_a_flow_that_is_not_deployed_holds_up_no_other(plant, deployed):
    lost = FlowRunRequest(flow="no_such_flow", parameters={}, dedup_key=f"lost:{uuid4()}")
    good = FlowRunRequest(flow="send_resilience_alert", parameters=ALERT, dedup_key=f"good:{uuid4()}")
    async with plant.begin() as connection:
        await request_flow_run(connection, lost)
    async with plant.begin() as connection:
        await request_flow_run(connection, good)

    @flow
    async def relay():
        return await start_requested_flows(plant)

    assert await relay() == 1
    done = {row.dedup_key: row.done_at for row in await rows(plant, OutboxMessage)}
    assert done[lost.dedup_key] is None
    assert done[good.dedup_key] is not None


async def test_a_transient_error_is_tried_again_under_the_same_run(plant):
    attempts = []

    @flow(name="flaky", retries=2, retry_delay_seconds=0)
    async def flaky():
        async with task_run("flaky") as run:
            attempts.append(run.run_id)
            if len(attempts) < 3:
                raise DatabaseUnreachableError("the database hung up")
            return await run.finish("done")

    await flaky()
    assert len(attempts) == 3
    assert len(set(attempts)) == 1
    (run,) = await rows(plant, TaskRun)
    assert (run.state, run.attempt, run.error) == ("SUCCESS", 3, None)


async def test_a_database_that_is_down_is_named_and_tried_again(plant):
    await ProgramDatabase(url="postgresql://nobody:x@127.0.0.1:9/none", timezone="UTC").save(
        DOCUMENT_NAME, overwrite=True
    )
    hurried = periodic_health_check.with_options(retries=1, retry_delay_seconds=0)
    state = await hurried(return_state=True)
    assert "127.0.0.1:9 does not answer" in state.message
    async with get_client() as client:
        assert (await client.read_flow_run(state.state_details.flow_run_id)).run_count == 2


async def test_requests_survive_a_relay_that_dies_and_start_one_run(plant, deployed):
    key = f"test:{uuid4()}"
    wish = FlowRunRequest(flow="send_resilience_alert", parameters=ALERT, dedup_key=key)
    async with plant.begin() as connection:
        assert await request_flow_run(connection, wish)
        assert not await request_flow_run(connection, wish)

    @flow
    async def relay(die: bool):
        await start_requested_flows(plant)
        if die:
            async with plant.begin() as connection:  # as if the commit of done_at had been lost
                await connection.execute(OutboxMessage.__table__.update().values(done_at=None))

    await relay(die=True)
    await relay(die=False)
    async with get_client() as client:
        runs = [run for run in await client.read_flow_runs(limit=200) if run.idempotency_key == key]
    assert len(runs) == 1
    (message,) = await rows(plant, OutboxMessage)
    assert message.done_at is not None


@pytest.mark.parametrize(
    ("lateness", "late", "cause", "skipped", "told"),
    [
        (QUARTER_HOURLY, timedelta(minutes=14), "schedule", False, 0),
        (QUARTER_HOURLY, timedelta(minutes=15), "schedule", True, 0),
        (QUARTER_HOURLY, timedelta(hours=5), "request", False, 0),
        (DAILY, timedelta(hours=11, minutes=59), "schedule", False, 0),
        (DAILY, timedelta(hours=12), "schedule", True, 2),
    ],
)
async def test_missed_scheduled_runs_are_skipped_as_their_class_says(
    scheduled, lateness, late, cause, skipped, told
):
    due = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    start = RunStart(uuid4(), "some_task", None, due, due + late, 1, {}, cause, None)

    @flow
    async def judge():
        return await skip_if_late(scheduled, start, lateness, due + late)

    sentence = await judge()
    assert (sentence is not None) is skipped
    async with scheduled.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(Notification)) == told
