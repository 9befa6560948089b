"""Flow: which duty-hours rules does a schedule break, and what could not be judged?"""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field

from flows.platform.policies import VALIDATION
from flows.platform.process import prepare
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run

prepare("flows.steps.validate_schedule")


def _run_name() -> str:
    asked = flow_run.parameters
    what = f"version {str(asked['version_id'])[:8]}" if asked["version_id"] else f"from {asked['start']}"
    return f"validation {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {what}"


@flow(
    name="validate_schedule",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **VALIDATION,
)
async def validate_schedule(
    version_id: UUID | None = None,
    start: date | None = None,
    end: date | None = None,
    rule_set: Annotated[str, Field(min_length=1, max_length=80)] = "acgme-2017",
) -> dict[str, Any]:
    """Judge a version, or the published schedule of some days; nothing is stored but this run's result.

    Args:
        version_id: the version to judge; either it or the days are given.
        start: the first day to judge of the published schedule.
        end: the day after the last one.
        rule_set: the rule set that judges, one of those that come with the package.
    """
    async with task_run("validate_schedule") as run:
        from flows.steps import validate_schedule as steps

        result = await steps.validation_of(run, steps.asked_for(version_id, start, end), rule_set)
        await steps.publish(run, result)
        if result is None:
            return await run.finish("no_data")
        return await run.finish("pass" if result.publishable else "fail", result.model_dump(mode="json"))
