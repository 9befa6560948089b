"""Flow: where does fairness go, which weeks stand out, and who could hand what to whom?"""

from datetime import UTC, datetime
from typing import Annotated, Any

from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field
from pydantic_core import to_jsonable_python

from flows.platform.policies import FAIRNESS_TREND, WEEKLY
from flows.platform.process import prepare
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run

prepare("flows.steps.generate_fairness_trend_report")


def _run_name() -> str:
    return f"fairness trend {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {flow_run.parameters['weeks_back']} weeks"


@flow(
    name="generate_fairness_trend_report",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **FAIRNESS_TREND,
)
async def generate_fairness_trend_report(
    weeks_back: Annotated[int, Field(ge=4, le=104)] = 12,
) -> dict[str, Any]:
    """Report on fairness over the last whole weeks, and name the moves that would mend it.

    Args:
        weeks_back: how many weeks from Monday are looked at.
    """
    async with task_run("generate_fairness_trend_report", WEEKLY) as run:
        if run.too_late:
            return await run.finish("skipped")
        from flows.steps import generate_fairness_trend_report as steps

        measured = await steps.measured_days(run, weeks_back)
        trend = await steps.trend_of(run, measured, weeks_back)
        await steps.publish(run, trend)
        data = {"trend": trend, "recomputed_weeks": measured.recomputed}
        return await run.finish(trend.trend, to_jsonable_python(data))
