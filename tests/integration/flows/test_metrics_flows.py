"""The metrics family as flow runs on a real server and database: what each stores, asks for and publishes."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from flows.metrics.cleanup_old_snapshots import cleanup_old_snapshots
from flows.metrics.compute_schedule_metrics import compute_schedule_metrics
from flows.metrics.generate_fairness_trend_report import generate_fairness_trend_report
from flows.metrics.snapshot_metrics import snapshot_metrics
from flows.platform import task_run
from residency.errors import InvalidInputError, NotFoundError
from residency.importing.sample import sample_program
from residency.quality.results import ScheduleMetrics
from residency.store.tables import AcgmeFindingRow, MetricsSnapshot, OutboxMessage, TaskRun


@pytest.fixture
async def snapshots_deployed(prefect_server):
    """The deployment that compute_schedule_metrics asks for; no worker serves it here."""
    await (await snapshot_metrics.to_deployment(name=snapshot_metrics.name)).apply()


async def test_metrics_are_stored_shown_and_ask_for_the_days_snapshot(
    scheduled, snapshots_deployed, rows, artifact
):
    result = await compute_schedule_metrics()
    metrics = ScheduleMetrics.model_validate(result["data"]["metrics"])
    assert result["status"] == metrics.status != "no_data"
    assert (metrics.period_end - metrics.period_start).days == 90
    assert 0 < metrics.fairness.overall <= 1
    (run,) = await rows(scheduled, TaskRun)
    assert (run.state, run.result["data"]) == ("SUCCESS", result["data"])
    findings = await rows(scheduled, AcgmeFindingRow)
    assert len(findings) == result["data"]["findings"]["opened"] > 0
    assert {str(finding.detected_run) for finding in findings} == {result["run_id"]}
    (wish,) = await rows(scheduled, OutboxMessage)
    assert wish.payload["parameters"] == {"kind": "daily", "metrics_run": result["run_id"]}
    assert wish.done_at is not None
    scorecard = (await artifact("schedule-scorecard")).data
    assert f"Stability grade {metrics.stability.grade}" in scorecard
    assert "no snapshot before it" in scorecard
    assert "data:image/svg+xml;base64," in (await artifact("schedule-fairness")).data


async def test_a_second_run_finds_the_same_and_changes_no_finding(scheduled, snapshots_deployed, rows):
    first = await compute_schedule_metrics()
    before = await rows(scheduled, AcgmeFindingRow)
    second = await compute_schedule_metrics()
    assert second["data"]["metrics"] == first["data"]["metrics"]
    assert second["data"]["findings"] == {"opened": 0, "kept": len(before), "reopened": 0, "closed": 0}
    assert sorted(map(str, await rows(scheduled, AcgmeFindingRow))) == sorted(map(str, before))


async def test_the_days_snapshot_takes_over_what_was_computed(scheduled, snapshots_deployed, rows):
    computed = await compute_schedule_metrics()
    taken = await snapshot_metrics(kind="daily", metrics_run=UUID(computed["run_id"]))
    assert taken["from_cache"]
    (snapshot,) = await rows(scheduled, MetricsSnapshot)
    metrics = computed["data"]["metrics"]
    assert snapshot.fairness == metrics["fairness"]["overall"]
    assert snapshot.coverage == metrics["coverage"]["overall"]
    assert snapshot.stability_grade == metrics["stability"]["grade"]
    assert (snapshot.kind, str(snapshot.version_id)) == ("daily", computed["data"]["version_id"])
    assert str(snapshot.id) == taken["data"]["snapshot_id"]


async def test_snapshots_compute_their_own_values_once_for_each_hour_and_day(
    scheduled, snapshots_deployed, rows
):
    computed = await compute_schedule_metrics()
    for kind in ("hourly", "daily"):
        first = await snapshot_metrics(kind=kind)
        second = await snapshot_metrics(kind=kind, metrics_run=uuid4())
        assert first["data"] == second["data"]
        assert not first["from_cache"]
        assert not second["from_cache"]
    taken = await rows(scheduled, MetricsSnapshot)
    assert sorted(snapshot.kind for snapshot in taken) == ["daily", "hourly"]
    assert {snapshot.input_hash for snapshot in taken} == {computed["input_hash"]}
    assert {snapshot.fairness for snapshot in taken} == {computed["data"]["metrics"]["fairness"]["overall"]}


@pytest.fixture
def by_schedule(monkeypatch):
    """Runs count as started by their schedule, which only Prefect's own scheduler can make them."""
    started = task_run.run_start
    monkeypatch.setattr(task_run, "run_start", lambda *given: replace(started(*given), cause="schedule"))


async def test_a_scheduled_daily_snapshot_does_nothing_where_the_day_has_one(scheduled, rows, by_schedule):
    first = await snapshot_metrics(kind="daily")
    before = await rows(scheduled, MetricsSnapshot)
    again = await snapshot_metrics(kind="daily")
    assert (first["status"] == "already_taken", again["status"]) == (False, "already_taken")
    assert again["data"]["bucket_start"] == first["data"]["bucket_start"]
    assert list(map(str, await rows(scheduled, MetricsSnapshot))) == list(map(str, before))
    for _ in range(2):
        assert (await snapshot_metrics(kind="hourly"))["status"] != "already_taken"


async def test_a_run_far_too_late_is_skipped_and_leaves_its_hour_a_gap(
    scheduled, rows, by_schedule, monkeypatch
):
    started = task_run.run_start
    hours = {"hourly": 1, "daily": 12}
    for kind, late in hours.items():
        due = timedelta(hours=late, minutes=1)
        monkeypatch.setattr(
            task_run,
            "run_start",
            lambda *given, due=due: replace(started(*given), scheduled_for=started(*given).started_at - due),
        )
        assert (await snapshot_metrics(kind=kind))["status"] == "skipped"
    assert (await compute_schedule_metrics())["status"] == "skipped"
    assert (await cleanup_old_snapshots())["status"] == "skipped"
    assert (await generate_fairness_trend_report())["status"] != "skipped"
    assert await rows(scheduled, MetricsSnapshot) == []
    assert await rows(scheduled, AcgmeFindingRow) == []


async def test_the_scorecards_arrows_point_from_the_last_days_snapshot(
    scheduled, snapshots_deployed, artifact
):
    await snapshot_metrics(kind="daily")
    async with scheduled.begin() as connection:
        await connection.execute(
            text("UPDATE metrics_snapshots SET bucket_start = bucket_start - interval '1 day'")
        )
    await compute_schedule_metrics()
    assert "arrows against" in (await artifact("schedule-scorecard")).data


async def test_a_run_of_another_task_leaves_no_metrics_to_keep(scheduled):
    other = await cleanup_old_snapshots()
    with pytest.raises(InvalidInputError, match="metrics_run"):
        await snapshot_metrics(kind="daily", metrics_run=UUID(other["run_id"]))


async def test_without_a_schedule_there_are_no_metrics_and_a_snapshot_that_says_so(
    plant, snapshots_deployed, rows, artifact
):
    result = await compute_schedule_metrics()
    assert (result["status"], result["data"]["findings"]) == ("no_data", None)
    assert "no published schedule" in result["warnings"][0]
    await snapshot_metrics(kind="daily", metrics_run=UUID(result["run_id"]))
    (snapshot,) = await rows(plant, MetricsSnapshot)
    assert snapshot.fairness is snapshot.coverage is snapshot.compliance is None
    assert "No data" in (await artifact("schedule-scorecard")).data


async def test_days_and_versions_that_cannot_be_measured_are_refused(scheduled, rows):
    today = await _today(scheduled)
    for end in (today, today + timedelta(days=367), today - timedelta(days=1)):
        with pytest.raises(InvalidInputError, match="end"):
            await compute_schedule_metrics(start=today, end=end)
    with pytest.raises(NotFoundError):
        await compute_schedule_metrics(version_id=uuid4())
    assert {(run.state, run.error_class) for run in await rows(scheduled, TaskRun)} == {
        ("FAILURE", "invalid_input"),
        ("FAILURE", "not_found"),
    }
    assert await rows(scheduled, OutboxMessage, OutboxMessage.topic == "flow_run") == []


async def test_the_clean_up_tells_what_it_deleted_and_kept(scheduled, rows):
    await snapshot_metrics(kind="daily")
    (recent,) = await rows(scheduled, MetricsSnapshot)
    columns = ", ".join(
        column.name
        for column in MetricsSnapshot.__table__.columns
        if column.name not in ("id", "bucket_start", "kind")
    )
    async with scheduled.begin() as connection:
        await connection.execute(
            text(
                f"INSERT INTO metrics_snapshots (id, kind, bucket_start, {columns}) "  # noqa: S608 -- our names
                f"SELECT gen_random_uuid(), 'daily', day, {columns} FROM metrics_snapshots, "
                "generate_series(:start, CAST(:start AS timestamptz) + interval '99 days', '1 day') AS day"
            ),
            {"start": recent.bucket_start.replace(day=1) - timedelta(days=500)},
        )
    done = (await cleanup_old_snapshots(batch=30))["data"]
    left = await rows(scheduled, MetricsSnapshot)
    assert done["deleted"] == 101 - len(left)
    assert done["kept"] == len(left) - 1
    assert done["deleted_by_kind"] == {"daily": done["deleted"]}
    assert done["deleted_by_run_status"] == {"success": done["deleted"]}
    assert done["batches"] == -(-done["deleted"] // 30)
    months = {(snapshot.bucket_start.year, snapshot.bucket_start.month) for snapshot in left}
    assert len(months) == len(left)
    assert (await cleanup_old_snapshots())["data"]["deleted"] == 0


async def test_pages_and_results_name_no_person(scheduled, snapshots_deployed, rows, artifact):
    program = sample_program(people=29, days=7, seed=1, start=(await _today(scheduled)), timezone="UTC")
    await compute_schedule_metrics()
    await snapshot_metrics(kind="daily")
    seen = [(await artifact(key)).data for key in ("schedule-scorecard", "schedule-fairness")]
    seen += [
        str(row)
        for table in (TaskRun, OutboxMessage, MetricsSnapshot)
        for row in await rows(scheduled, table)
    ]
    for person in program.people:
        for page in seen:
            assert person.name not in page
            assert f'"{person.id}"' not in page
            assert f"'{person.id}'" not in page


async def _today(engine):
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT current_date"))
