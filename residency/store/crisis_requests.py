"""Requests that a crisis be declared: filing one once, finding and listing them, deciding each once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.store.tables import CrisisRequest


@dataclass(frozen=True, slots=True)
class NewRequest:
    """What somebody asks for: exactly one of ``level`` and ``severity`` is set.

    With ``to_critical`` load is shed to CRITICAL, beyond what any word stands for.
    """

    level: str | None
    severity: str | None
    reason: str
    requested_by: str
    fallback_id: UUID | None
    idempotency_key: str
    to_critical: bool


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """A request as it is stored; ``outcome`` is what its approval did, empty before."""

    id: UUID
    asked: NewRequest
    requested_at: datetime
    expires_at: datetime
    status: str
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    crisis_id: UUID | None
    outcome: dict[str, Any]


async def hold_crises(connection: AsyncConnection, wait: timedelta) -> None:
    """Let nobody else request, approve or end a crisis until the transaction ends; reading goes on.

    Like :func:`residency.store.versions.hold_schedules`, after which it may come, it precedes the picture
    that a REPEATABLE READ transaction sees.
    """
    await connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(wait.total_seconds() * 1000)}")
    await connection.exec_driver_sql(
        "LOCK TABLE crisis_requests, crisis_activations IN SHARE ROW EXCLUSIVE MODE"
    )


async def add_request(
    connection: AsyncConnection, asked: NewRequest, *, at: datetime, expires_at: datetime, run_id: UUID | None
) -> StoredRequest:
    """Store a request; its key must be new, which the caller knows while it holds the crises."""
    values = {
        "level": asked.level,
        "severity_word": asked.severity,
        "reason": asked.reason,
        "requested_by": asked.requested_by,
        "fallback_id": asked.fallback_id,
        "idempotency_key": asked.idempotency_key,
        "requested_at": at,
        "expires_at": expires_at,
        "details": {"to_critical": asked.to_critical},
        "run_id": run_id,
    }
    added = await connection.execute(insert(CrisisRequest).values(values).returning(*_COLUMNS))
    return _stored(added.one())


async def find_request(connection: AsyncConnection, request_id: UUID) -> StoredRequest | None:
    """One request, None when there is none of that id."""
    return await _one(connection, CrisisRequest.id == request_id)


async def find_request_by_key(connection: AsyncConnection, key: str) -> StoredRequest | None:
    """The request that was made under a key, None when there is none."""
    return await _one(connection, CrisisRequest.idempotency_key == key)


async def list_requests(
    connection: AsyncConnection, statuses: Collection[str], limit: int
) -> list[StoredRequest]:
    """The newest requests of some statuses, newest first."""
    wanted = (
        select(*_COLUMNS)
        .where(CrisisRequest.status.in_(statuses))
        .order_by(CrisisRequest.requested_at.desc(), CrisisRequest.id)
        .limit(limit)
    )
    return [_stored(row) for row in await connection.execute(wanted)]


async def decide_request(
    connection: AsyncConnection,
    request_id: UUID,
    status: str,
    *,
    by: str,
    at: datetime,
    reason: str | None = None,
) -> bool:
    """Decide a pending request; False when it is not pending any more, and nothing changes."""
    decided = await connection.execute(
        update(CrisisRequest)
        .where(CrisisRequest.id == request_id, CrisisRequest.status == "pending")
        .values(status=status, decided_by=by, decided_at=at, decision_reason=reason)
        .returning(CrisisRequest.id)
    )
    return decided.first() is not None


async def keep_outcome(
    connection: AsyncConnection, request: StoredRequest, crisis_id: UUID, outcome: dict[str, Any]
) -> None:
    """Keep what the approval of a request did, as the answer to whoever asks again."""
    await connection.execute(
        update(CrisisRequest)
        .where(CrisisRequest.id == request.id)
        .values(crisis_id=crisis_id, details={"to_critical": request.asked.to_critical, "outcome": outcome})
    )


async def expire_requests(connection: AsyncConnection, now: datetime) -> list[UUID]:
    """Mark the pending requests whose time is over; gives their ids."""
    expired = await connection.execute(
        update(CrisisRequest)
        .where(CrisisRequest.status == "pending", CrisisRequest.expires_at <= now)
        .values(status="expired")
        .returning(CrisisRequest.id)
    )
    return list(expired.scalars())


_COLUMNS = (
    CrisisRequest.id,
    CrisisRequest.level,
    CrisisRequest.severity_word,
    CrisisRequest.reason,
    CrisisRequest.requested_by,
    CrisisRequest.fallback_id,
    CrisisRequest.idempotency_key,
    CrisisRequest.requested_at,
    CrisisRequest.expires_at,
    CrisisRequest.status,
    CrisisRequest.decided_by,
    CrisisRequest.decided_at,
    CrisisRequest.decision_reason,
    CrisisRequest.crisis_id,
    CrisisRequest.details,
)


async def _one(connection: AsyncConnection, condition: ColumnElement[bool]) -> StoredRequest | None:
    row = (await connection.execute(select(*_COLUMNS).where(condition))).first()
    return _stored(row) if row else None


def _stored(row: Row[Any]) -> StoredRequest:
    asked = NewRequest(
        level=row.level,
        severity=row.severity_word,
        reason=row.reason,
        requested_by=row.requested_by,
        fallback_id=row.fallback_id,
        idempotency_key=row.idempotency_key,
        to_critical=row.details["to_critical"],
    )
    return StoredRequest(
        id=row.id,
        asked=asked,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        status=row.status,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
        crisis_id=row.crisis_id,
        outcome=row.details.get("outcome", {}),
    )
