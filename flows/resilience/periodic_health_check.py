"""Flow: is the schedule of the next days covered, and how close to its limits does it run?"""

from datetime import UTC, datetime
from typing import Annotated, Any

from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field

from flows.platform.policies import HEALTH_CHECK, QUARTER_HOURLY
from flows.platform.process import prepare
from flows.platform.requests import start_requested_flows
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run

prepare("flows.steps.periodic_health_check")


def _run_name() -> str:
    return f"health check {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {flow_run.parameters['horizon_days']} days"


@flow(
    name="periodic_health_check",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **HEALTH_CHECK,
)
async def periodic_health_check(horizon_days: Annotated[int, Field(ge=1, le=366)] = 7) -> dict[str, Any]:
    """Judge coverage, utilization and redundancy of the published schedule.

    Args:
        horizon_days: how many days from today are judged.
    """
    async with task_run("periodic_health_check", QUARTER_HOURLY) as run:
        if run.too_late:
            return await run.finish("skipped")
        from flows.steps import periodic_health_check as steps

        assessment = await steps.judge(run, horizon_days)
        await steps.store_health(run, assessment, horizon_days)
        await steps.publish_health(run, assessment)
        await start_requested_flows(run.engine)
        return await run.finish(
            assessment.status, assessment.model_dump(mode="json"), input_hash=assessment.input_hash or None
        )
