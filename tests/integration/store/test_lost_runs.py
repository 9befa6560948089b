"""Records of runs whose worker was killed are closed once, and administrators hear of each once."""

from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import select, text

from residency.messaging.run_failures import notify_run_failure
from residency.store.tables import TaskRun
from residency.store.task_runs import RunStart, close_lost, record_start, record_success, started_runs

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def start(task="periodic_health_check"):
    return RunStart(
        run_id=uuid4(),
        task=task,
        queue="resilience",
        scheduled_for=NOW,
        started_at=NOW,
        attempt=1,
        params={},
        cause="schedule",
        idempotency_key=None,
    )


async def test_only_lost_runs_that_count_as_started_are_closed_and_only_once(engine):
    lost, ended, alive = start(), start(), start("run_contingency_analysis")
    async with engine.begin() as connection:
        for each in (lost, ended, alive):
            await record_start(connection, each)
        await record_success(connection, ended.run_id, NOW, {})
        assert set(await started_runs(connection)) == {lost.run_id, alive.run_id}
        gone = {lost.run_id, ended.run_id, uuid4()}
        closed = await close_lost(connection, gone, NOW, "crashed", "the worker was killed")
        assert closed == [(lost.run_id, "periodic_health_check")]
        assert await close_lost(connection, gone, NOW, "crashed", "again") == []
    async with engine.connect() as connection:
        rows = (await connection.execute(select(TaskRun.run_id, TaskRun.state, TaskRun.error))).all()
    assert {row.run_id: (row.state, row.error) for row in rows} == {
        lost.run_id: ("FAILURE", "the worker was killed"),
        ended.run_id: ("SUCCESS", None),
        alive.run_id: ("STARTED", None),
    }


async def test_a_reason_that_the_run_noted_itself_stays(engine):
    noted = start()
    async with engine.begin() as connection:
        await record_start(connection, noted)
        await connection.execute(
            text("UPDATE task_runs SET error = 'its own words', error_class = 'own'"),
        )
        await close_lost(connection, {noted.run_id}, NOW, "crashed", "the worker was killed")
    async with engine.connect() as connection:
        row = (await connection.execute(select(TaskRun.error, TaskRun.error_class, TaskRun.ended_at))).one()
    assert tuple(row) == ("its own words", "own", NOW)


async def test_each_administrator_hears_of_a_lost_run_once(engine):
    run = uuid4()
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO users (username, email, role) VALUES "
                "('A', 'a@example.org', 'admin'), ('B', 'b@example.org', 'faculty')"
            )
        )
        for _ in range(2):
            await notify_run_failure(connection, run, "periodic_health_check", "crashed", "killed", NOW)
    async with engine.connect() as connection:
        told = (await connection.execute(text("SELECT subject, body FROM notifications"))).all()
    assert [tuple(row) for row in told] == [
        (
            "periodic_health_check failed",
            "periodic_health_check failed for the last time and will not be tried again: killed",
        )
    ]
