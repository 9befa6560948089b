"""The outbox: wishes for side effects, stored with the change that they announce and carried out once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.store.tables import OutboxMessage

FLOW_RUN_TOPIC = "flow_run"


class FlowRunRequest(BaseModel):
    """The wish that a flow be run, at once or at ``run_at``; ``dedup_key`` makes it happen once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flow: str
    parameters: dict[str, Any]
    dedup_key: str
    run_at: datetime | None = None


async def put(connection: AsyncConnection, topic: str, dedup_key: str, payload: dict[str, Any]) -> bool:
    """Store one wish in the running transaction.

    Returns:
        False when the same key has been stored before; then nothing changes.
    """
    stored = await connection.execute(
        insert(OutboxMessage)
        .values(topic=topic, dedup_key=dedup_key, payload=payload)
        .on_conflict_do_nothing(index_elements=[OutboxMessage.dedup_key])
        .returning(OutboxMessage.id)
    )
    return stored.first() is not None


async def request_flow_run(connection: AsyncConnection, request: FlowRunRequest) -> bool:
    """Wish for a flow run in the running transaction; False when the same wish stands already."""
    return await put(connection, FLOW_RUN_TOPIC, request.dedup_key, request.model_dump(mode="json"))


async def claim_flow_run(connection: AsyncConnection, now: datetime) -> tuple[UUID, FlowRunRequest] | None:
    """Lock the oldest waiting flow-run wish that nobody else holds; None when there is none.

    The row stays locked until the transaction ends, so a relay that dies frees it at once.
    """
    row = (
        await connection.execute(
            select(OutboxMessage.id, OutboxMessage.payload)
            .where(
                OutboxMessage.topic == FLOW_RUN_TOPIC,
                OutboxMessage.done_at.is_(None),
                OutboxMessage.available_at <= now,
            )
            .order_by(OutboxMessage.created_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    ).first()
    return (row.id, FlowRunRequest.model_validate(row.payload)) if row else None


async def mark_done(connection: AsyncConnection, message_id: UUID, now: datetime) -> None:
    """Note that a wish has been carried out."""
    await connection.execute(update(OutboxMessage).where(OutboxMessage.id == message_id).values(done_at=now))


async def put_off(connection: AsyncConnection, message_id: UUID, until: datetime) -> None:
    """Let a wish that cannot be carried out now wait."""
    await connection.execute(
        update(OutboxMessage).where(OutboxMessage.id == message_id).values(available_at=until)
    )


async def withdraw(connection: AsyncConnection, dedup_key: str, now: datetime) -> bool:
    """Take a wish back whose cause is gone; False when it was carried out before, or never stood."""
    withdrawn = await connection.execute(
        update(OutboxMessage)
        .where(OutboxMessage.dedup_key == dedup_key, OutboxMessage.done_at.is_(None))
        .values(done_at=now)
        .returning(OutboxMessage.id)
    )
    return withdrawn.first() is not None
