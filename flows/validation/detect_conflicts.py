"""Flow: what contradicts in the published schedule of some days?"""

from datetime import UTC, date, datetime
from typing import Any

from prefect import flow
from prefect.runtime import flow_run

from flows.platform.policies import CONFLICTS
from flows.platform.process import prepare
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run
from residency.program.vocabulary import ConflictType

prepare("flows.steps.detect_conflicts")


def _run_name() -> str:
    asked = flow_run.parameters
    return f"conflicts {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {asked['start']} to {asked['end']}"


@flow(
    name="detect_conflicts",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **CONFLICTS,
)
async def detect_conflicts(start: date, end: date, types: list[ConflictType] | None = None) -> dict[str, Any]:
    """List conflicts of absences, call, coverage and supervision; no alert is raised or stored.

    Args:
        start: the first day to look at.
        end: the day after the last one.
        types: the kinds of conflict wanted, all by default.
    """
    async with task_run("detect_conflicts") as run:
        from flows.steps import detect_conflicts as steps

        found = await steps.find(run, start, end, types)
        await steps.publish(run, found)
        if found is None:
            return await run.finish("no_data")
        return await run.finish("conflicts" if found.conflicts else "none", found.model_dump(mode="json"))
