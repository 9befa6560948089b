"""Flow: what the schedule becomes on each of the seven bad days, computed before any of them comes."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from prefect import flow
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from pydantic import Field

from flows.platform.policies import FALLBACKS, WEEKLY
from flows.platform.process import prepare
from flows.platform.requests import start_requested_flows
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run

prepare("flows.steps.precompute_fallback_schedules")

ScenarioName = Literal[
    "1_faculty_loss",
    "2_faculty_loss",
    "pcs_season_50_percent",
    "holiday_skeleton",
    "pandemic_essential_only",
    "mass_casualty_event",
    "weather_emergency",
]


def _run_name() -> str:
    days = flow_run.parameters["days_ahead"]
    return f"fallback schedules {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {days} days"


@flow(
    name="precompute_fallback_schedules",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **FALLBACKS,
)
async def precompute_fallback_schedules(
    days_ahead: Annotated[int, Field(ge=1, le=366)] = 90,
    scenarios: Annotated[list[ScenarioName], Field(min_length=1)] | None = None,
    top_k: Annotated[int, Field(ge=1, le=1000)] = 10,
) -> dict[str, Any]:
    """Compute and keep a repaired schedule for each bad day that may come.

    Args:
        days_ahead: how many days from today they are for.
        scenarios: which of the seven; all of them when None.
        top_k: how many pairs of faculty are prepared for, the worst first.
    """
    async with task_run("precompute_fallback_schedules", WEEKLY) as run:
        if run.too_late:
            return await run.finish("skipped")
        from flows.steps import precompute_fallback_schedules as steps

        loaded = await steps.load(run, run.horizon(days_ahead))
        if not loaded.version_ids:
            await steps.publish_nothing(run.warnings[-1])
            return await run.finish("no_data")
        asked = steps.wanted(scenarios)
        outcome = await steps.compute(run, loaded, asked, top_k)
        again = {"days_ahead": days_ahead, "scenarios": scenarios, "top_k": top_k}
        standing = await steps.conclude(run, loaded, asked, outcome, again)
        await steps.publish(run, standing)
        await start_requested_flows(run.engine)
        for sentence in steps.sentences(outcome, standing):
            get_run_logger().info(sentence)
        data = steps.summary(outcome, standing)
        return await run.finish(
            steps.status_of(outcome, standing), data, input_hash=loaded.snapshot.input_hash
        )
