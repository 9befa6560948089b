"""Steps of ``snapshot_metrics``: taking over or computing the measures, and keeping them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.platform.measuring import load_both, measure_schedule
from flows.platform.task_run import TaskRunFrame
from residency.acgme.rules import rule_set
from residency.errors import InvalidInputError
from residency.quality.results import ScheduleMetrics
from residency.reports.quality_sentences import schedule_sentences
from residency.store.metrics_snapshots import (
    SnapshotKind,
    day_bucket,
    find_metrics,
    hour_bucket,
    save_metrics,
)
from residency.store.task_runs import stored_result


@dataclass(frozen=True, slots=True)
class TakenMetrics:
    """Measures and where they come from."""

    metrics: ScheduleMetrics
    version_id: UUID | None
    computed_before: bool


def bucket_of(run: TaskRunFrame, kind: SnapshotKind) -> datetime:
    """The start of the hour or local day in which the run works: figures never tell of an earlier one."""
    return hour_bucket(run.now) if kind == "hourly" else day_bucket(run.today, run.timezone)


@task(name="look for the day's snapshot", cache_policy=NO_CACHE)
async def is_taken(run: TaskRunFrame, bucket: datetime) -> bool:
    """Whether the day has its snapshot already."""
    async with run.engine.connect() as connection:
        return await find_metrics(connection, "daily", bucket) is not None


@task(name="read computed metrics", cache_policy=NO_CACHE)
async def computed_by(run: TaskRunFrame, metrics_run: UUID | None) -> TakenMetrics | None:
    """The measures that a run of ``compute_schedule_metrics`` stored; None if it stored none.

    Raises:
        InvalidInputError: if the run is one of another task.
    """
    if metrics_run is None:
        return None
    async with run.engine.connect() as connection:
        stored = await stored_result(connection, metrics_run)
    if stored is not None and stored["task"] != "compute_schedule_metrics":
        raise InvalidInputError("metrics_run", str(metrics_run), "a run of compute_schedule_metrics")
    if stored is None or "metrics" not in stored["data"]:
        get_run_logger().warning("Run %s has stored no metrics; they are computed here", metrics_run)
        return None
    version_id = stored["data"]["version_id"]
    return TakenMetrics(
        metrics=ScheduleMetrics.model_validate(stored["data"]["metrics"]),
        version_id=UUID(version_id) if version_id else None,
        computed_before=True,
    )


async def compute(run: TaskRunFrame, period_days: int) -> TakenMetrics:
    """The measures of the days from today."""
    found = await load_both(run, run.horizon(period_days))
    measured = await measure_schedule(run, found)
    return TakenMetrics(measured.metrics, found.loaded.version_id, computed_before=False)


@task(name="store metrics snapshot", cache_policy=NO_CACHE)
async def store(run: TaskRunFrame, taken: TakenMetrics, kind: SnapshotKind, bucket: datetime) -> UUID:
    """Keep the measures as those of the hour or day."""
    async with run.engine.begin() as connection:
        snapshot_id = await save_metrics(
            connection,
            taken.metrics,
            kind=kind,
            bucket_start=bucket,
            at=run.now,
            version_id=taken.version_id,
            rule_set=taken.metrics.compliance.rule_set if taken.metrics.compliance else rule_set().id,
            run_id=run.run_id,
        )
    for sentence in schedule_sentences(taken.metrics):
        get_run_logger().info(sentence)
    return snapshot_id
