"""Alerts and messages: what was raised, who was told, and what still waits to be sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from residency.program.vocabulary import AlertLevel
from residency.store.tables.base import PERSONAL, Base, Changing, Identified, checked, words

_EMPTY_OBJECT = text("'{}'::jsonb")


class Notification(Identified, Base):
    """A message in a user's in-app inbox."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("recipient_id", "dedup_key"),
        Index("ix_notifications_recipient_id_is_read", "recipient_id", "is_read"),
    )

    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    type: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text, info=PERSONAL)
    body: Mapped[str] = mapped_column(Text, info=PERSONAL)
    data: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT, info=PERSONAL)
    priority: Mapped[str] = mapped_column(words("priority", "high", "normal", "low"))
    dedup_key: Mapped[str] = mapped_column(Text)
    is_read: Mapped[bool] = mapped_column(server_default=text("false"))
    read_at: Mapped[datetime | None]


class OutboxMessage(Identified, Base):
    """A wished-for side effect, written in the transaction of the change that it announces."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_waiting",
            "topic",
            "available_at",
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    topic: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(info=PERSONAL)
    dedup_key: Mapped[str] = mapped_column(Text, unique=True)
    available_at: Mapped[datetime] = mapped_column(server_default=func.now())
    claimed_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class Delivery(Identified, Base):
    """One attempt to bring one message to one channel."""

    __tablename__ = "deliveries"

    notification_id: Mapped[UUID | None] = mapped_column(ForeignKey("notifications.id", ondelete="SET NULL"))
    channel: Mapped[str] = mapped_column(words("channel", "in_app", "email", "webhook"))
    target_hash: Mapped[str] = mapped_column(Text, info=PERSONAL)
    idempotency_key: Mapped[str] = mapped_column(Text, unique=True)
    attempt: Mapped[int] = mapped_column(server_default="1")
    status: Mapped[str] = mapped_column(
        words("status", "pending", "sent", "failed_transient", "failed_permanent", "suppressed")
    )
    response_code: Mapped[int | None]
    message_id: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    error: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class ResilienceAlert(Changing, Base):
    """An alert about the schedule's resilience, open until somebody acknowledges or resolves it."""

    __tablename__ = "resilience_alerts"
    __table_args__ = (
        CheckConstraint("occurrences >= 1", name="occurrences"),
        CheckConstraint("raised_at < joins_until", name="joining_range"),
        ExcludeConstraint(
            ("category", "="),
            ("level", "="),
            (text("tstzrange(raised_at, joins_until)"), "&&"),
            where=text("status = 'open'"),
            name="ex_resilience_alerts_one_open",
        ),
        Index("ix_resilience_alerts_status_category", "status", "category"),
    )

    level: Mapped[AlertLevel] = mapped_column(checked(AlertLevel, "level"))
    category: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
    raised_by: Mapped[str] = mapped_column(Text, info=PERSONAL)
    status: Mapped[str] = mapped_column(
        words("status", "open", "acknowledged", "resolved"), server_default="open"
    )
    occurrences: Mapped[int] = mapped_column(server_default="1")
    raised_at: Mapped[datetime] = mapped_column(server_default=func.now())
    joins_until: Mapped[datetime]
    """Until then the same category and level joins this alert instead of opening another."""
    last_raised_at: Mapped[datetime] = mapped_column(server_default=func.now())
    acknowledged_by: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    acknowledged_at: Mapped[datetime | None]
    escalated_from: Mapped[AlertLevel | None] = mapped_column(checked(AlertLevel, "escalated_from"))
    next_escalation_at: Mapped[datetime | None]
