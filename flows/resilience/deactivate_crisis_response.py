"""Flow: a crisis is over; work comes back in order, and the fallbacks are off."""

from datetime import UTC, datetime
from typing import Annotated, Any

from prefect import flow
from pydantic import Field

from flows.platform.policies import CRISIS
from flows.platform.process import prepare
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run

prepare("flows.steps.deactivate_crisis_response")


def _run_name() -> str:
    return f"end of crisis response {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


@flow(
    name="deactivate_crisis_response",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **CRISIS,
)
async def deactivate_crisis_response(
    reason: Annotated[str, Field(min_length=1, max_length=2000)],
    by: Annotated[str, Field(min_length=1)],
) -> dict[str, Any]:
    """End the open crisis with a recovery plan; nothing open is no action.

    Args:
        reason: why it is over.
        by: the user who ends it, an administrator or coordinator.
    """
    async with task_run("deactivate_crisis_response") as run:
        from flows.steps import deactivate_crisis_response as steps

        outcome = await steps.end(run, reason, by)
        await steps.publish(run, outcome)
        return await run.finish(outcome.result, outcome.model_dump(mode="json"))
