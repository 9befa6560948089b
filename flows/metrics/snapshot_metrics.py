"""Flow: keep the schedule's measures of this hour or day."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field

from flows.platform.policies import DAILY, HOURLY, METRICS
from flows.platform.process import prepare
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run

prepare("flows.steps.snapshot_metrics")


def _run_name() -> str:
    return f"{flow_run.parameters['kind']} metrics snapshot {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


@flow(
    name="snapshot_metrics",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **METRICS,
)
async def snapshot_metrics(
    kind: Literal["hourly", "daily"] = "hourly",
    period_days: Annotated[int, Field(ge=1, le=366)] = 90,
    metrics_run: UUID | None = None,
) -> dict[str, Any]:
    """Keep the measures of the published schedule, once for each hour or day.

    Args:
        kind: ``hourly`` or ``daily``; a scheduled daily run does nothing if the day's snapshot is there.
        period_days: how many days from today are measured.
        metrics_run: a run of compute_schedule_metrics whose measures are kept; without one, or if it left
            none, they are computed here.
    """
    async with task_run("snapshot_metrics", HOURLY if kind == "hourly" else DAILY) as run:
        if run.too_late:
            return await run.finish("skipped")
        from flows.steps import snapshot_metrics as steps

        bucket = steps.bucket_of(run, kind)
        if kind == "daily" and run.start.cause == "schedule" and await steps.is_taken(run, bucket):
            return await run.finish("already_taken", {"kind": kind, "bucket_start": bucket.isoformat()})
        taken = await steps.computed_by(run, metrics_run) or await steps.compute(run, period_days)
        snapshot_id = await steps.store(run, taken, kind, bucket)
        metrics = taken.metrics
        return await run.finish(
            metrics.status,
            {"snapshot_id": str(snapshot_id), "kind": kind, "bucket_start": bucket.isoformat()},
            input_hash=metrics.input_hash,
            from_cache=taken.computed_before,
        )
