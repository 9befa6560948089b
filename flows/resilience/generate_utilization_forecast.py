"""Flow: how full will the faculty be on each half-day of the next weeks, and why?"""

from datetime import UTC, datetime
from typing import Annotated, Any

from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field

from flows.platform.policies import DAILY, FORECAST
from flows.platform.process import prepare
from flows.platform.requests import start_requested_flows
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run

prepare("flows.steps.generate_utilization_forecast")


def _run_name() -> str:
    days = flow_run.parameters["days_ahead"]
    return f"utilization forecast {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {days} days"


@flow(
    name="generate_utilization_forecast",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **FORECAST,
)
async def generate_utilization_forecast(
    days_ahead: Annotated[int, Field(ge=1, le=366)] = 90,
) -> dict[str, Any]:
    """Forecast the faculty's utilization, with and without anticipated absences.

    Args:
        days_ahead: how many days from today are forecast.
    """
    async with task_run("generate_utilization_forecast", DAILY) as run:
        if run.too_late:
            return await run.finish("skipped")
        from flows.steps import generate_utilization_forecast as steps

        inputs = await steps.load(run, days_ahead)
        if inputs is None:
            await steps.publish_nothing(run.warnings[-1])
            return await run.finish("no_data")
        found = await steps.look_ahead(run, inputs)
        await steps.store(run, found)
        await steps.publish(run, found)
        await start_requested_flows(run.engine)
        status = "high_risk" if found.high_risk_days > steps.ALARMING_DAYS else "ok"
        return await run.finish(status, found.model_dump(mode="json"), input_hash=found.input_hash)
