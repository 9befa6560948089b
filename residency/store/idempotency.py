"""Idempotency keys: the same request twice is answered once, a different one under the same key refused."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.errors import ConflictError, InvalidInputError
from residency.store.tables import IdempotencyRequest

_LIFETIME = timedelta(hours=24)
_LONGEST_KEY = 255


def body_hash(body: dict[str, Any]) -> str:
    """SHA-256 of the body as canonical JSON with sorted keys."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def default_key(task: str, params: dict[str, Any], instant: datetime) -> str:
    """The key of a request that names none: its task, its parameters and the instant it answers for."""
    return f"{task}:{body_hash({'params': params, 'instant': instant.isoformat()})}"


async def begin(
    connection: AsyncConnection, scope: str, key: str, body: dict[str, Any], now: datetime
) -> dict[str, Any] | None:
    """Claim a key inside the transaction of its effect, so that both commit or neither does.

    Returns:
        None when the effect is still to be made, else the answer given the first time.

    Raises:
        InvalidInputError: if the key is empty or longer than 255 characters.
        ConflictError: if the key was used for a different body, or is being used right now.
    """
    if not 0 < len(key) <= _LONGEST_KEY:
        raise InvalidInputError("idempotency_key", key[:40], f"1 to {_LONGEST_KEY} characters")
    same = (IdempotencyRequest.scope == scope) & (IdempotencyRequest.key == key)
    await connection.execute(delete(IdempotencyRequest).where(same, IdempotencyRequest.expires_at < now))
    claimed = await connection.execute(
        insert(IdempotencyRequest)
        .values(scope=scope, key=key, body_hash=body_hash(body), status="pending", expires_at=now + _LIFETIME)
        .on_conflict_do_nothing(index_elements=[IdempotencyRequest.scope, IdempotencyRequest.key])
        .returning(IdempotencyRequest.id)
    )
    if claimed.first() is not None:
        return None
    former = (await connection.execute(select(IdempotencyRequest.__table__).where(same))).one()
    if former.body_hash != body_hash(body):
        raise ConflictError(f"idempotency_key {key!r} was used for a different request in the last 24 hours")
    if former.status != "completed":
        raise ConflictError(f"the request with idempotency_key {key!r} is still {former.status}")
    return former.response_body


async def complete(
    connection: AsyncConnection, scope: str, key: str, response: dict[str, Any], now: datetime
) -> None:
    """Keep the answer for repetitions of the request."""
    await connection.execute(
        update(IdempotencyRequest)
        .where(IdempotencyRequest.scope == scope, IdempotencyRequest.key == key)
        .values(status="completed", response_code=200, response_body=response, completed_at=now)
    )
