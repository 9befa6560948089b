"""Crises, the requests that lead to them, what was shed for them, and the events of resilience."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from residency.store.tables.base import PERSONAL, Base, Changing, Identified, words
from residency.store.tables.resilience import LOAD_SHEDDING_LEVELS

CRISIS_LEVELS = ("warning", "critical", "emergency")
SEVERITY_WORDS = ("minor", "moderate", "severe", "critical")
REQUEST_STATUSES = ("pending", "approved", "declined", "expired")
SHEDDING_METHODS = ("level", "severity", "automatic", "administrator", "deactivation")
EVENT_TYPES = (
    "crisis_requested",
    "crisis_approved",
    "crisis_declined",
    "crisis_expired",
    "crisis_activated",
    "crisis_raised",
    "crisis_deactivated",
    "fallback_activated",
    "fallback_deactivated",
    "load_shedding_changed",
)
_EMPTY_LIST = text("'[]'::jsonb")
_EMPTY_OBJECT = text("'{}'::jsonb")


class CrisisRequest(Changing, Base):
    """Somebody's wish that a crisis be declared, which a second person approves or declines."""

    __tablename__ = "crisis_requests"
    __table_args__ = (
        CheckConstraint("num_nonnulls(level, severity_word) = 1", name="level_or_severity"),
        CheckConstraint("reason <> ''", name="for_a_reason"),
        CheckConstraint("requested_at < expires_at", name="range"),
        CheckConstraint("num_nulls(decided_by, decided_at) IN (0, 2)", name="whole_decision"),
        CheckConstraint(
            "(status IN ('approved', 'declined')) = (decided_by IS NOT NULL)", name="decided_by_somebody"
        ),
        CheckConstraint("decided_by <> requested_by", name="two_people"),
        Index("ix_crisis_requests_status", "status"),
    )

    level: Mapped[str | None] = mapped_column(words("level", *CRISIS_LEVELS))
    severity_word: Mapped[str | None] = mapped_column(words("severity_word", *SEVERITY_WORDS))
    reason: Mapped[str] = mapped_column(Text, info=PERSONAL)
    requested_by: Mapped[str] = mapped_column(Text, info=PERSONAL)
    fallback_id: Mapped[UUID | None] = mapped_column(ForeignKey("fallback_schedules.id", ondelete="RESTRICT"))
    idempotency_key: Mapped[str] = mapped_column(Text, unique=True, info=PERSONAL)
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(words("status", *REQUEST_STATUSES), server_default="pending")
    decided_by: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    crisis_id: Mapped[UUID | None] = mapped_column(ForeignKey("crisis_activations.id", ondelete="RESTRICT"))
    """The crisis that it opened or raised."""
    details: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
    run_id: Mapped[UUID | None]


class CrisisActivation(Changing, Base):
    """One crisis; at most one is open."""

    __tablename__ = "crisis_activations"
    __table_args__ = (
        Index(
            "uq_crisis_activations_one_open",
            text("(ended_at IS NULL)"),
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("num_nonnulls(level, severity_word) >= 1", name="level_or_severity"),
        CheckConstraint("shedding_level <> 'NORMAL'", name="sheds_something"),
        CheckConstraint("num_nulls(ended_at, ended_by) IN (0, 2)", name="whole_end"),
        CheckConstraint("started_at <= ended_at", name="range"),
    )

    level: Mapped[str | None] = mapped_column(words("level", *CRISIS_LEVELS))
    severity_word: Mapped[str | None] = mapped_column(words("severity_word", *SEVERITY_WORDS))
    shedding_level: Mapped[str] = mapped_column(words("shedding_level", *LOAD_SHEDDING_LEVELS))
    reason: Mapped[str] = mapped_column(Text, info=PERSONAL)
    approved_by: Mapped[str] = mapped_column(Text, info=PERSONAL)
    idempotency_key: Mapped[str] = mapped_column(Text, unique=True, info=PERSONAL)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    end_reason: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    recovery_plan: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    run_id: Mapped[UUID | None]


class LoadSheddingDecision(Changing, Base):
    """One change of what is suspended; the newest that is not recovered from is in force."""

    __tablename__ = "load_shedding_decisions"
    __table_args__ = (
        CheckConstraint("coverage BETWEEN 0 AND 1", name="coverage_is_a_share"),
        CheckConstraint("at <= recovered_at", name="range"),
        Index("ix_load_shedding_decisions_at", "at"),
    )

    crisis_id: Mapped[UUID | None] = mapped_column(ForeignKey("crisis_activations.id", ondelete="RESTRICT"))
    from_level: Mapped[str] = mapped_column(words("from_level", *LOAD_SHEDDING_LEVELS))
    to_level: Mapped[str] = mapped_column(words("to_level", *LOAD_SHEDDING_LEVELS))
    reason: Mapped[str] = mapped_column(Text, info=PERSONAL)
    suspended: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    protected: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    approved_by: Mapped[str] = mapped_column(Text, info=PERSONAL)
    method: Mapped[str] = mapped_column(words("method", *SHEDDING_METHODS))
    """What gave the level: a level or severity that was ordered, the capacity, an administrator, the end."""
    utilization: Mapped[float | None]
    coverage: Mapped[float | None]
    at: Mapped[datetime]
    recovered_at: Mapped[datetime | None]
    run_id: Mapped[UUID | None]


class ResilienceEvent(Identified, Base):
    """One event of resilience: who did what for which reason, and the state before and after."""

    __tablename__ = "resilience_events"
    __table_args__ = (Index("ix_resilience_events_at", "at"),)

    at: Mapped[datetime]
    type: Mapped[str] = mapped_column(words("type", *EVENT_TYPES))
    severity: Mapped[str] = mapped_column(words("severity", *SEVERITY_WORDS))
    reason: Mapped[str] = mapped_column(Text, info=PERSONAL)
    actor: Mapped[str] = mapped_column(Text, info=PERSONAL)
    previous: Mapped[str | None] = mapped_column(Text)
    next: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column("metadata", server_default=_EMPTY_OBJECT)
    crisis_id: Mapped[UUID | None] = mapped_column(ForeignKey("crisis_activations.id", ondelete="RESTRICT"))
    run_id: Mapped[UUID | None]
