"""Flow: how fair, covered, compliant and steady is the schedule?"""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.runtime import flow_run
from pydantic_core import to_jsonable_python

from flows.platform.policies import DAILY, METRICS
from flows.platform.process import prepare
from flows.platform.requests import start_requested_flows
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run

prepare("flows.steps.compute_schedule_metrics")


def _run_name() -> str:
    version = flow_run.parameters["version_id"]
    which = f"version {str(version)[:8]}" if version else "the published schedule"
    return f"schedule metrics {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {which}"


@flow(
    name="compute_schedule_metrics",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **METRICS,
)
async def compute_schedule_metrics(
    start: date | None = None, end: date | None = None, version_id: UUID | None = None
) -> dict[str, Any]:
    """Measure fairness, coverage, compliance, workload and stability, and keep what the engine found.

    Args:
        start: the first day; today by default.
        end: the day after the last; 90 days after the first by default.
        version_id: a schedule version to measure instead of the published ones.
    """
    async with task_run("compute_schedule_metrics", DAILY) as run:
        if run.too_late:
            return await run.finish("skipped")
        from flows.steps import compute_schedule_metrics as steps

        found, measured = await steps.measured_over(run, start, end, version_id)
        usual = start is None and end is None and version_id is None
        saved = await steps.store(run, found, measured, usual=usual)
        await steps.publish(run, measured.metrics)
        await start_requested_flows(run.engine)
        metrics = measured.metrics
        data = {"version_id": found.loaded.version_id, "findings": saved, "metrics": metrics}
        return await run.finish(metrics.status, to_jsonable_python(data), input_hash=metrics.input_hash)
