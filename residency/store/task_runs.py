"""The record of task runs: one row a run, written before, between and after its attempts."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.errors import ConflictError
from residency.store.tables import TaskRun

TERMINAL_STATES = ("SUCCESS", "FAILURE", "REVOKED")


@dataclass(frozen=True, slots=True)
class RunStart:
    """What is known when an attempt starts."""

    run_id: UUID
    task: str
    queue: str | None
    scheduled_for: datetime | None
    started_at: datetime
    attempt: int
    params: dict[str, Any]
    cause: str
    idempotency_key: str | None


async def record_start(connection: AsyncConnection, start: RunStart) -> RunStart:
    """Open a run's row, or note a further attempt of it.

    Returns:
        The start with the run's first schedule and first start, which later attempts do not move.

    Raises:
        ConflictError: if the run has ended; a terminal state never changes.
    """
    lateness = (start.started_at - start.scheduled_for).total_seconds() if start.scheduled_for else None
    statement = insert(TaskRun).values(
        run_id=start.run_id,
        task=start.task,
        queue=start.queue,
        scheduled_for=start.scheduled_for,
        started_at=start.started_at,
        attempt=start.attempt,
        state="STARTED",
        params=start.params,
        cause=start.cause,
        idempotency_key=start.idempotency_key,
        lateness_seconds=lateness,
    )
    first = (
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=[TaskRun.run_id],
                set_={
                    "attempt": start.attempt,
                    "state": "STARTED",
                    "error_class": None,
                    "error": None,
                    "updated_at": func.now(),
                },
                where=TaskRun.state.not_in(TERMINAL_STATES),
            ).returning(TaskRun.scheduled_for, TaskRun.started_at)
        )
    ).first()
    if first is None:
        raise ConflictError(f"run {start.run_id} of {start.task} has ended already; start a new run instead")
    return replace(start, scheduled_for=first.scheduled_for, started_at=first.started_at or start.started_at)


async def record_success(
    connection: AsyncConnection, run_id: UUID, ended_at: datetime, result: dict[str, Any]
) -> None:
    """Close a run with the result that outlives the engine's own."""
    await connection.execute(
        update(TaskRun)
        .where(TaskRun.run_id == run_id, TaskRun.state.not_in(TERMINAL_STATES))
        .values(state="SUCCESS", ended_at=ended_at, result=result, error_class=None, error=None)
    )


async def record_error(connection: AsyncConnection, run_id: UUID, error_class: str, error: str) -> None:
    """Note why an attempt failed; the run waits in RETRY until it starts again or is closed."""
    await connection.execute(
        update(TaskRun)
        .where(TaskRun.run_id == run_id, TaskRun.state.not_in(TERMINAL_STATES))
        .values(state="RETRY", error_class=error_class, error=error)
    )


async def record_end(
    connection: AsyncConnection, start: RunStart, state: str, ended_at: datetime, error_class: str, why: str
) -> bool:
    """Close a run that did not succeed; an error noted by the run itself stays.

    Returns:
        Whether this call closed it; False when the row was terminal already.
    """
    statement = insert(TaskRun).values(
        run_id=start.run_id,
        task=start.task,
        queue=start.queue,
        scheduled_for=start.scheduled_for,
        started_at=start.started_at,
        ended_at=ended_at,
        attempt=start.attempt,
        state=state,
        params=start.params,
        cause=start.cause,
        idempotency_key=start.idempotency_key,
        error_class=error_class,
        error=why,
    )
    closed = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[TaskRun.run_id],
            set_={
                "state": state,
                "ended_at": ended_at,
                "error_class": func.coalesce(TaskRun.error_class, error_class),
                "error": func.coalesce(TaskRun.error, why),
                "updated_at": func.now(),
            },
            where=TaskRun.state.not_in(TERMINAL_STATES),
        ).returning(TaskRun.id)
    )
    return closed.first() is not None


async def started_runs(connection: AsyncConnection) -> list[UUID]:
    """Ids of the runs that count as started."""
    return list(await connection.scalars(select(TaskRun.run_id).where(TaskRun.state == "STARTED")))


async def close_lost(
    connection: AsyncConnection, lost: Collection[UUID], ended_at: datetime, error_class: str, why: str
) -> list[tuple[UUID, str]]:
    """Close as FAILURE those of the given runs that still count as started.

    Args:
        connection: inside a transaction.
        lost: runs that do not run any more and will not start again.
        ended_at: when they are taken to have ended.
        error_class: typed code of the reason.
        why: the reason in words.

    Returns:
        Id and task of each run that this call closed.
    """
    closing = (
        update(TaskRun)
        .where(TaskRun.state == "STARTED", TaskRun.run_id.in_(lost))
        .values(
            state="FAILURE",
            ended_at=ended_at,
            error_class=func.coalesce(TaskRun.error_class, error_class),
            error=func.coalesce(TaskRun.error, why),
            updated_at=func.now(),
        )
        .returning(TaskRun.run_id, TaskRun.task)
    )
    return [(row.run_id, row.task) for row in await connection.execute(closing)]


async def stored_result(connection: AsyncConnection, run_id: UUID) -> dict[str, Any] | None:
    """The result a run stored, or None while there is none."""
    return await connection.scalar(select(TaskRun.result).where(TaskRun.run_id == run_id))
