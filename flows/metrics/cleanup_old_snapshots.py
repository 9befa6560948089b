"""Flow: thin out metrics snapshots that are older than their retention."""

from datetime import UTC, datetime
from typing import Annotated, Any

from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field

from flows.platform.policies import DAILY, SNAPSHOT_CLEANUP
from flows.platform.process import prepare
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run

prepare("flows.steps.cleanup_old_snapshots")


def _run_name() -> str:
    days = flow_run.parameters["retention_days"]
    return f"clean-up of metrics snapshots {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {days} days kept"


@flow(
    name="cleanup_old_snapshots",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **SNAPSHOT_CLEANUP,
)
async def cleanup_old_snapshots(
    retention_days: Annotated[int, Field(ge=30, le=36_500)] = 365,
    batch: Annotated[int, Field(ge=1, le=10_000)] = 1000,
) -> dict[str, Any]:
    """Delete metrics snapshots older than so many days, but the first daily one of each month.

    Schedule versions are never deleted.

    Args:
        retention_days: how many days are kept in full.
        batch: how many snapshots are deleted in one transaction.
    """
    async with task_run("cleanup_old_snapshots", DAILY) as run:
        if run.too_late:
            return await run.finish("skipped")
        from flows.steps import cleanup_old_snapshots as steps

        return await run.finish("completed", await steps.delete(run, retention_days, batch))
