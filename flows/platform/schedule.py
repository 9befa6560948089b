"""Loading the schedule that a flow judges."""

from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.platform.task_run import TaskRunFrame
from residency.program.calendar import Period
from residency.store.snapshots import LoadedSnapshot, load_snapshot


@task(name="load schedule", cache_policy=NO_CACHE)
async def load_schedule(run: TaskRunFrame, period: Period, version_id: UUID | None = None) -> LoadedSnapshot:
    """The schedule of a period: the version asked for, else the published ones.

    Days without a schedule are not judged, and the run says so among its warnings.
    """
    loaded = await load_snapshot(run.engine, period, run.timezone, version_id)
    if not loaded.version_ids:
        run.warnings.append(f"no published schedule covers the {period.days} days from {period.start}")
    elif loaded.caveat:
        run.warnings.append(loaded.caveat)
    return loaded
