"""Steps of ``cleanup_old_snapshots``: deleting batch by batch."""

from datetime import timedelta
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.platform.task_run import TaskRunFrame
from residency.store.metrics_snapshots import day_bucket, delete_expired


@task(name="delete expired snapshots", cache_policy=NO_CACHE)
async def delete(run: TaskRunFrame, retention_days: int, batch: int) -> dict[str, Any]:
    """Delete what has expired, a batch a transaction, and tell what was deleted and kept."""
    cutoff = day_bucket(run.today - timedelta(days=retention_days), run.timezone)
    done = await delete_expired(run.engine, cutoff, run.timezone, batch)
    get_run_logger().info(
        "%s snapshots of before %s deleted, %s of them kept", done.deleted, cutoff.date(), done.kept
    )
    return {
        "deleted": done.deleted,
        "deleted_by_kind": done.by_kind,
        "deleted_by_run_status": done.by_run_status,
        "kept": done.kept,
        "cutoff": cutoff.isoformat(),
        "batches": done.batches,
    }
