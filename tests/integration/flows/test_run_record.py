"""How a run is recorded and ends: refused, failed, tried again or too late."""

import traceback
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prefect import flow, get_client
from sqlalchemy import func, select

from blocks.program_database import DOCUMENT_NAME, ProgramDatabase
from flows.platform.lateness import skip_if_late
from flows.platform.policies import DAILY, QUARTER_HOURLY
from flows.platform.task_run import task_run
from flows.resilience.periodic_health_check import periodic_health_check
from flows.resilience.run_contingency_analysis import run_contingency_analysis
from flows.resilience.send_resilience_alert import send_resilience_alert
from residency.errors import ConflictError, DatabaseStatementError, DatabaseUnreachableError
from residency.store.tables import (
    Notification,
    PersonRow,
    TaskRun,
)
from residency.store.task_runs import RunStart, record_end, record_start, record_success

ALERT = {"level": "warning", "category": "contingency", "message": "F-7KQ2 is irreplaceable."}


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
async def test_bad_parameters_end_the_run_as_invalid_input_naming_the_field(
    plant, run, parameters, field, rows
):
    state = await run(**parameters, return_state=True)
    assert state.is_failed()
    assert field in state.message
    (failed,) = await rows(plant, TaskRun)
    assert (failed.state, failed.error_class) == ("FAILURE", "invalid_input")
    assert field in failed.error


async def test_a_run_that_has_ended_is_not_opened_again(plant, rows):
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


async def test_a_refused_statement_is_told_without_the_values_in_it(plant, rows):
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


async def test_a_transient_error_is_tried_again_under_the_same_run(plant, rows):
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
