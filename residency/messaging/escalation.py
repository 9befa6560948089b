"""What happens to an open alert after it was raised: it escalates until somebody acknowledges it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.errors import ConflictError, NotFoundError
from residency.messaging.alerts import (
    ESCALATE_AFTER,
    PRIORITY,
    AlertRequest,
    lock_category,
    notify_administrators,
    request_escalation,
)
from residency.messaging.outbox import put
from residency.program.vocabulary import AlertLevel
from residency.store.tables import ResilienceAlert, UserRow

_LEVELS = tuple(AlertLevel)


class EscalationOutcome(BaseModel):
    """What became of an alert whose time to be acknowledged is over.

    ``closed``: somebody acknowledged or resolved it; ``early``: its time is not over; ``merged``: an open
    alert of the higher level took it in; ``raised``: it rose one level; ``repeated``: an emergency was sent
    again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    alert_id: UUID
    result: Literal["closed", "early", "merged", "raised", "repeated"]
    level: AlertLevel
    notified: int


async def escalate(
    connection: AsyncConnection, alert_id: UUID, *, now: datetime, webhook_configured: bool
) -> EscalationOutcome:
    """Raise an alert one level when its time is over and nobody has acknowledged it.

    Runs in the caller's transaction; carrying it out twice for one instant changes nothing more.

    Raises:
        NotFoundError: if there is no such alert.
    """
    category = await connection.scalar(select(ResilienceAlert.category).where(ResilienceAlert.id == alert_id))
    if category is None:
        raise NotFoundError(f"there is no resilience alert {alert_id}")
    await lock_category(connection, category)
    alert = (
        await connection.execute(select(ResilienceAlert.__table__).where(ResilienceAlert.id == alert_id))
    ).one()
    level = AlertLevel(alert.level)
    due = alert.next_escalation_at
    if alert.status != "open" or due is None:
        return EscalationOutcome(alert_id=alert_id, result="closed", level=level, notified=0)
    if due > now:
        return EscalationOutcome(alert_id=alert_id, result="early", level=level, notified=0)
    risen = _LEVELS[min(_LEVELS.index(level) + 1, len(_LEVELS) - 1)]
    if risen is not level and await _merge(connection, alert_id, category, risen, now):
        return EscalationOutcome(alert_id=alert_id, result="merged", level=risen, notified=0)
    next_at = now + ESCALATE_AFTER[risen]
    await connection.execute(
        update(ResilienceAlert)
        .where(ResilienceAlert.id == alert_id)
        .values(
            level=risen,
            escalated_from=level if risen is not level else ResilienceAlert.escalated_from,
            next_escalation_at=next_at,
        )
    )
    request = AlertRequest(level=risen, category=category, message=alert.message, details=alert.details)
    await request_escalation(connection, alert_id, request, next_at)
    key = f"alert:{alert_id}:{due.isoformat()}"
    notified = await notify_administrators(
        connection,
        kind="resilience_alert",
        subject=f"{risen.capitalize()}: {category.replace('_', ' ')}, not acknowledged yet",
        body=alert.message,
        data={"alert_id": str(alert_id), "level": risen, "details": alert.details},
        priority=PRIORITY[risen],
        dedup_key=key,
        by_email=True,
        now=now,
    )
    if webhook_configured:
        await put(connection, "webhook", f"{key}:webhook", {"alert_id": str(alert_id)})
    result = "raised" if risen is not level else "repeated"
    return EscalationOutcome(alert_id=alert_id, result=result, level=risen, notified=notified)


async def _merge(
    connection: AsyncConnection, alert_id: UUID, category: str, risen: AlertLevel, now: datetime
) -> bool:
    """Hand the alert over to an open one of the higher level and category, if there is one."""
    other = await connection.scalar(
        select(ResilienceAlert.id)
        .where(
            ResilienceAlert.category == category,
            ResilienceAlert.level == risen,
            ResilienceAlert.status == "open",
        )
        .order_by(ResilienceAlert.raised_at.desc())
        .limit(1)
    )
    if other is None:
        return False
    await connection.execute(
        update(ResilienceAlert)
        .where(ResilienceAlert.id == other)
        .values(occurrences=ResilienceAlert.occurrences + 1, last_raised_at=now)
    )
    await connection.execute(
        update(ResilienceAlert)
        .where(ResilienceAlert.id == alert_id)
        .values(status="resolved", next_escalation_at=None)
    )
    return True


async def resolve_category(connection: AsyncConnection, category: str) -> int:
    """Close the alerts of a category, open or acknowledged, whose cause is gone; how many they were."""
    await lock_category(connection, category)
    resolved = await connection.execute(
        update(ResilienceAlert)
        .where(ResilienceAlert.category == category, ResilienceAlert.status != "resolved")
        .values(status="resolved", next_escalation_at=None)
        .returning(ResilienceAlert.id)
    )
    return len(resolved.all())


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that waits for an acknowledgement."""

    id: UUID
    level: AlertLevel
    category: str
    message: str
    raised_at: datetime
    occurrences: int
    next_escalation_at: datetime | None


async def open_alerts(connection: AsyncConnection) -> list[OpenAlert]:
    """Every open alert, worst level first, then oldest first."""
    columns = (
        ResilienceAlert.id,
        ResilienceAlert.level,
        ResilienceAlert.category,
        ResilienceAlert.message,
        ResilienceAlert.raised_at,
        ResilienceAlert.occurrences,
        ResilienceAlert.next_escalation_at,
    )
    rows = await connection.execute(select(*columns).where(ResilienceAlert.status == "open"))
    alerts = [OpenAlert(*row) for row in rows]
    return sorted(alerts, key=lambda alert: (-_LEVELS.index(alert.level), alert.raised_at))


async def acknowledge(connection: AsyncConnection, alert_id: UUID, username: str, now: datetime) -> None:
    """Note that a user has taken an alert up; it escalates no further.

    Raises:
        NotFoundError: if there is no such alert, or no active user of that name.
        ConflictError: if the alert is not open any more.
    """
    known = await connection.scalar(select(UserRow.id).where(UserRow.username == username, UserRow.is_active))
    if known is None:
        raise NotFoundError(f"there is no active user {username!r}")
    taken = await connection.scalar(
        update(ResilienceAlert)
        .where(ResilienceAlert.id == alert_id, ResilienceAlert.status == "open")
        .values(status="acknowledged", acknowledged_by=username, acknowledged_at=now, next_escalation_at=None)
        .returning(ResilienceAlert.id)
    )
    if taken is None:
        status = await connection.scalar(select(ResilienceAlert.status).where(ResilienceAlert.id == alert_id))
        if status is None:
            raise NotFoundError(f"there is no resilience alert {alert_id}")
        raise ConflictError(f"alert {alert_id} is {status} already")
