"""Raising resilience alerts: joined or opened, told in the app at once, queued for mail and webhook."""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.errors import NotFoundError
from residency.messaging.outbox import FlowRunRequest, put, request_flow_run
from residency.program.vocabulary import AlertLevel
from residency.store import idempotency
from residency.store.recipients import alert_recipients
from residency.store.tables import Delivery, Notification, ResilienceAlert

_JOIN_WINDOW = timedelta(hours=1)
ESCALATE_AFTER = {
    AlertLevel.WARNING: timedelta(minutes=60),
    AlertLevel.CRITICAL: timedelta(minutes=15),
    AlertLevel.EMERGENCY: timedelta(minutes=5),
}
"""How long an alert waits for an acknowledgement before it rises one level; an emergency is sent again."""

PRIORITY = {
    AlertLevel.INFO: "low",
    AlertLevel.WARNING: "normal",
    AlertLevel.CRITICAL: "high",
    AlertLevel.EMERGENCY: "high",
}
_LEVELS = tuple(AlertLevel)
ALERT_FLOW = "send_resilience_alert"


class AlertRequest(BaseModel):
    """An alert to raise. ``message`` names no person; pseudonyms are allowed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: AlertLevel
    category: str = Field(min_length=1, max_length=80, pattern=r"^[a-z0-9_:-]+$")
    message: str = Field(min_length=1, max_length=2000)
    details: dict[str, Any] = Field(default_factory=dict)


class AlertOutcome(BaseModel):
    """What raising an alert did.

    ``joined`` means that an open alert took the new occurrence, ``replayed`` that the request had been
    carried out before and this is its first answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    alert_id: UUID
    level: AlertLevel
    category: str
    joined: bool
    replayed: bool = False
    occurrences: int
    notified: int
    emails_queued: int
    webhooks_queued: int
    acknowledgement_required: bool


async def raise_alert(
    connection: AsyncConnection,
    request: AlertRequest,
    *,
    key: str,
    raised_by: str,
    now: datetime,
    webhook_configured: bool,
) -> AlertOutcome:
    """Raise one alert in the running transaction.

    The same category and level within an hour joins the open alert and tells nobody again, and so does what
    is raised while an alert that began at its level has risen above it unacknowledged. A new alert is
    stored in the inbox of every active administrator and coordinator, with outbox rows for e-mail from
    warning up and for the webhook when one is configured.

    Args:
        connection: inside a transaction; everything below commits with it or not at all.
        request: what to raise.
        key: idempotency key; the same key and request is answered as the first time.
        raised_by: the task or user that raises it.
        now: the current instant, aware.
        webhook_configured: whether a webhook is to be told.

    Raises:
        ConflictError: if the key was used for a different alert.
        NotFoundError: if no active administrator or coordinator exists, because an alert that nobody can
            read is not an alert.
    """
    answered = await idempotency.begin(connection, ALERT_FLOW, key, request.model_dump(mode="json"), now)
    if answered is not None:
        return AlertOutcome.model_validate(answered).model_copy(update={"replayed": True})
    await lock_category(connection, request.category)
    outcome = await _join(connection, request, now)
    if outcome is None:
        outcome = await _open(connection, request, raised_by, now, webhook_configured)
    await idempotency.complete(connection, ALERT_FLOW, key, outcome.model_dump(mode="json"), now)
    return outcome


async def lock_category(connection: AsyncConnection, category: str) -> None:
    """Let one transaction at a time open, join or raise the alerts of a category."""
    await connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:alert, 0))"),
        {"alert": f"{ALERT_FLOW}:{category}"},
    )


async def _join(connection: AsyncConnection, request: AlertRequest, now: datetime) -> AlertOutcome | None:
    higher = _LEVELS[_LEVELS.index(request.level) + 1 :]
    within_the_hour = (
        (ResilienceAlert.level == request.level)
        & (ResilienceAlert.raised_at <= now)
        & (ResilienceAlert.joins_until > now)
    )
    has_risen = ResilienceAlert.level.in_(higher) & ResilienceAlert.escalated_from.is_not(None)
    open_alert = await connection.scalar(
        select(ResilienceAlert.id)
        .where(ResilienceAlert.category == request.category, ResilienceAlert.status == "open")
        .where(within_the_hour | has_risen)
        .order_by(ResilienceAlert.raised_at.desc())
        .limit(1)
    )
    if open_alert is None:
        return None
    joined = (
        await connection.execute(
            update(ResilienceAlert)
            .where(
                ResilienceAlert.id == open_alert,
            )
            .values(
                occurrences=ResilienceAlert.occurrences + 1,
                last_raised_at=now,
                message=request.message,
                details=request.details,
            )
            .returning(ResilienceAlert.id, ResilienceAlert.occurrences)
        )
    ).one()
    return _outcome(request, joined.id, joined=True, occurrences=joined.occurrences)


async def _open(
    connection: AsyncConnection,
    request: AlertRequest,
    raised_by: str,
    now: datetime,
    webhook_configured: bool,
) -> AlertOutcome:
    alert_id = uuid4()
    wait = ESCALATE_AFTER.get(request.level)
    escalates_at = now + wait if wait else None
    await connection.execute(
        insert(ResilienceAlert).values(
            id=alert_id,
            level=request.level,
            category=request.category,
            message=request.message,
            details=request.details,
            raised_by=raised_by,
            raised_at=now,
            last_raised_at=now,
            joins_until=now + _JOIN_WINDOW,
            next_escalation_at=escalates_at,
        )
    )
    if escalates_at is not None:
        await request_escalation(connection, alert_id, request, escalates_at)
    by_email = request.level is not AlertLevel.INFO
    notified = await notify_administrators(
        connection,
        kind="resilience_alert",
        subject=f"{request.level.capitalize()}: {request.category.replace('_', ' ')}",
        body=request.message,
        data={"alert_id": str(alert_id), "level": request.level, "details": request.details},
        priority=PRIORITY[request.level],
        dedup_key=f"alert:{alert_id}",
        by_email=by_email,
        now=now,
    )
    if not notified:
        raise NotFoundError(
            "no active administrator or coordinator exists, so nobody could be told; "
            "add one on the users sheet of a bundle and import it"
        )
    if webhook_configured:
        await put(connection, "webhook", f"alert:{alert_id}:webhook", {"alert_id": str(alert_id)})
    return _outcome(
        request,
        alert_id,
        notified=notified,
        emails_queued=notified if by_email else 0,
        webhooks_queued=int(webhook_configured),
    )


async def request_escalation(
    connection: AsyncConnection, alert_id: UUID, request: AlertRequest, at: datetime
) -> None:
    """Wish for the run that raises the alert's level at an instant, should nobody have acknowledged it."""
    await request_flow_run(
        connection,
        FlowRunRequest(
            flow=ALERT_FLOW,
            parameters={
                "level": request.level,
                "category": request.category,
                "message": request.message,
                "escalates": str(alert_id),
            },
            dedup_key=f"alert:{alert_id}:escalation:{at.isoformat()}",
            run_at=at,
        ),
    )


async def notify_administrators(
    connection: AsyncConnection,
    *,
    kind: str,
    subject: str,
    body: str,
    data: dict[str, Any],
    priority: str,
    dedup_key: str,
    by_email: bool,
    now: datetime,
) -> int:
    """Put one message into the inbox of every active administrator and coordinator, once for each key.

    Returns:
        How many people have the message, whether stored now or before.
    """
    return await notify(
        connection,
        await alert_recipients(connection),
        kind=kind,
        subject=subject,
        body=body,
        data=data,
        priority=priority,
        dedup_key=dedup_key,
        by_email=by_email,
        now=now,
    )


async def notify(
    connection: AsyncConnection,
    recipients: Collection[UUID],
    *,
    kind: str,
    subject: str,
    body: str,
    data: dict[str, Any],
    priority: str,
    dedup_key: str,
    by_email: bool,
    now: datetime,
) -> int:
    """Put one message into the inbox of each of some users, once for each key.

    Returns:
        How many people have the message, whether stored now or before.
    """
    for recipient in recipients:
        notification_id = await connection.scalar(
            insert(Notification)
            .values(
                recipient_id=recipient,
                type=kind,
                subject=subject,
                body=body,
                data=data,
                priority=priority,
                dedup_key=dedup_key,
            )
            .on_conflict_do_nothing(index_elements=[Notification.recipient_id, Notification.dedup_key])
            .returning(Notification.id)
        )
        if notification_id is None:
            continue
        await _deliver_in_app(connection, notification_id, recipient, now)
        if by_email:
            await put(
                connection,
                "email",
                f"{dedup_key}:{recipient}:email",
                {"notification_id": str(notification_id)},
            )
    return len(recipients)


async def _deliver_in_app(
    connection: AsyncConnection, notification_id: UUID, recipient: UUID, now: datetime
) -> None:
    await connection.execute(
        insert(Delivery).values(
            notification_id=notification_id,
            channel="in_app",
            target_hash=hashlib.sha256(str(recipient).encode()).hexdigest(),
            idempotency_key=f"{notification_id}:in_app",
            status="sent",
            at=now,
        )
    )


def _outcome(
    request: AlertRequest,
    alert_id: UUID,
    *,
    joined: bool = False,
    occurrences: int = 1,
    notified: int = 0,
    emails_queued: int = 0,
    webhooks_queued: int = 0,
) -> AlertOutcome:
    return AlertOutcome(
        alert_id=alert_id,
        level=request.level,
        category=request.category,
        joined=joined,
        occurrences=occurrences,
        notified=notified,
        emails_queued=emails_queued,
        webhooks_queued=webhooks_queued,
        acknowledgement_required=request.level in {AlertLevel.CRITICAL, AlertLevel.EMERGENCY},
    )
