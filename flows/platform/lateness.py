"""Whether a scheduled run that starts late is still worth running, and who must know when it is not."""

from datetime import datetime

from prefect.logging import get_run_logger
from sqlalchemy.ext.asyncio import AsyncEngine

from flows.platform.policies import Lateness
from residency.messaging.alerts import notify_administrators
from residency.store.task_runs import RunStart


async def skip_if_late(engine: AsyncEngine, start: RunStart, lateness: Lateness, now: datetime) -> str | None:
    """The sentence for a scheduled run that missed its time by more than its class allows, else None.

    Where the class says so, administrators are told, once for each run.
    """
    due = start.scheduled_for or start.started_at
    late = start.started_at - due
    if start.cause != "schedule" or late < lateness.skip_after:
        return None
    sentence = (
        f"{start.task} was due {due:%Y-%m-%d %H:%M} UTC and started "
        f"{int(late.total_seconds() // 60)} minutes late, so it was skipped"
    )
    get_run_logger().warning(sentence)
    if lateness.tell:
        async with engine.begin() as connection:
            await notify_administrators(
                connection,
                kind="resilience_alert",
                subject=f"{start.task} was skipped",
                body=sentence,
                data={"run_id": str(start.run_id)},
                priority="high",
                dedup_key=f"skipped:{start.run_id}",
                by_email=True,
                now=now,
            )
    return sentence
