"""Flow: what does one schedule version change against another, and for whom?"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.runtime import flow_run

from flows.platform.policies import VERSION_DIFF
from flows.platform.process import prepare
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run

prepare("flows.steps.compute_version_diff")


def _run_name() -> str:
    before, after = (str(flow_run.parameters[name])[:8] for name in ("version_a", "version_b"))
    return f"version diff {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {before} to {after}"


@flow(
    name="compute_version_diff",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **VERSION_DIFF,
)
async def compute_version_diff(version_a: UUID, version_b: UUID) -> dict[str, Any]:
    """Tell what changed for whom, and whether fairness, coverage and duty hours became better or worse.

    Args:
        version_a: the version before.
        version_b: the version after; the same one gives an empty diff.
    """
    async with task_run("compute_version_diff") as run:
        from flows.steps import compute_version_diff as steps

        diff = await steps.diff_of(run, version_a, version_b)
        await steps.publish(run, diff)
        return await run.finish(diff.assessment, diff.model_dump(mode="json"))
