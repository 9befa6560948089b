"""Flow: what breaks when one person, or any two together, are lost?"""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from prefect import flow
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from pydantic import Field

from flows.platform.policies import CONTINGENCY, DAILY
from flows.platform.process import prepare
from flows.platform.requests import start_requested_flows
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run

prepare("flows.steps.run_contingency_analysis")

USUAL_DAYS = 90
"""A report over the published schedule of this many days is the one that others go by."""


def _run_name() -> str:
    days = flow_run.parameters["days_ahead"]
    return f"contingency analysis {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {days} days"


@flow(
    name="run_contingency_analysis",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **CONTINGENCY,
)
async def run_contingency_analysis(
    days_ahead: Annotated[int, Field(ge=1, le=366)] = USUAL_DAYS, version_id: UUID | None = None
) -> dict[str, Any]:
    """Find out whose loss, alone or in pairs, the schedule cannot absorb.

    Args:
        days_ahead: how many days from today are analysed.
        version_id: a schedule version to analyse instead of the published ones.
    """
    async with task_run("run_contingency_analysis", DAILY) as run:
        if run.too_late:
            return await run.finish("skipped")
        from flows.platform.schedule import load_schedule
        from flows.steps import run_contingency_analysis as steps

        loaded = await load_schedule(run, run.horizon(days_ahead), version_id)
        if not loaded.version_ids:
            await steps.publish_nothing(run.warnings[-1])
            return await run.finish("no_data")
        report, from_cache = await steps.report_of(run, loaded)
        standing = version_id is None and days_ahead == USUAL_DAYS
        await steps.store_report(run, report, loaded.version_ids[0], standing=standing)
        await steps.publish_report(run, report, from_cache=from_cache)
        if standing:
            from flows.steps.outdated_fallbacks import look_over_fallbacks

            await look_over_fallbacks(run)
        await start_requested_flows(run.engine)
        for sentence in steps.sentences(report, from_cache=from_cache):
            get_run_logger().info(sentence)
        run.warnings[:] = report.warnings
        status = "pass" if report.n1_pass and report.n2_pass else "fail"
        data = report.model_dump(mode="json")
        return await run.finish(status, data, input_hash=report.input_hash, from_cache=from_cache)
