"""Telling administrators, once, that a run has failed for good."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from residency.messaging.alerts import notify_administrators


async def notify_run_failure(
    connection: AsyncConnection, run_id: UUID, task: str, code: str, why: str, now: datetime
) -> None:
    """Put the news of a run that will not be tried again into every administrator's inbox and mail.

    Args:
        connection: inside the transaction that closes the run's record.
        run_id: the run; it is told of once, however often this is called.
        task: the flow's name.
        code: typed code of the reason.
        why: the reason in words that name no person.
        now: the current instant.
    """
    await notify_administrators(
        connection,
        kind="resilience_alert",
        subject=f"{task} failed",
        body=f"{task} failed for the last time and will not be tried again: {why[:500]}",
        data={"run_id": str(run_id), "error": code},
        priority="high",
        dedup_key=f"failed:{run_id}",
        by_email=True,
        now=now,
    )
