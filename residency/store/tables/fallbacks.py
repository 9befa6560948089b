"""Fallback schedules, computed before they are needed, and their activations."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from residency.store.tables.base import PERSONAL, Base, Changing, words

SCENARIOS = (
    "1_faculty_loss",
    "2_faculty_loss",
    "pcs_season_50_percent",
    "holiday_skeleton",
    "pandemic_essential_only",
    "mass_casualty_event",
    "weather_emergency",
)
FALLBACK_STATUSES = ("draft", "ready", "active", "stale", "retired")
_EMPTY_LIST = text("'[]'::jsonb")
_EMPTY_OBJECT = text("'{}'::jsonb")


class FallbackScheduleRow(Changing, Base):
    """What the schedule becomes in one scenario of one period: at most one row for each state of the inputs.

    ``ready`` and ``active`` ones have assignments; a scenario that nothing could be computed for is a
    ``draft`` and never called ready.
    """

    __tablename__ = "fallback_schedules"
    __table_args__ = (
        UniqueConstraint("scenario", "subject", "input_hash"),
        CheckConstraint("period_start < period_end", name="range"),
        CheckConstraint("valid_from < valid_until", name="valid_range"),
        CheckConstraint("revision >= 1", name="revision"),
        CheckConstraint("coverage BETWEEN 0 AND 1", name="coverage_is_a_share"),
        CheckConstraint("gap BETWEEN 0 AND 1", name="gap_is_a_share"),
        CheckConstraint("changes >= 0 AND unfilled_slots >= 0", name="counts_not_negative"),
        CheckConstraint("status NOT IN ('ready', 'active') OR assignments IS NOT NULL", name="usable"),
        Index("ix_fallback_schedules_status_valid_until", "status", "valid_until"),
    )

    scenario: Mapped[str] = mapped_column(words("scenario", *SCENARIOS))
    subject: Mapped[list[UUID]] = mapped_column(
        ARRAY(Uuid(as_uuid=True)), server_default=text("'{}'::uuid[]")
    )
    """Ids of the people whose loss it answers, in order; empty where the scenario names nobody."""
    parameters: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
    revision: Mapped[int] = mapped_column(server_default="1")
    """How often it was computed from these inputs."""
    period_start: Mapped[date]
    period_end: Mapped[date]
    """Exclusive."""
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    """Exclusive: the first day that it says nothing about."""
    input_hash: Mapped[str] = mapped_column(Text)
    assignments: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The repaired schedule as columns of codes, with the ids that they stand for."""
    call_moves: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    coverage: Mapped[float]
    changes: Mapped[int]
    unfilled_slots: Mapped[int]
    unfilled: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    """The empty slots by post and half-day."""
    violations: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    """Must rules that the fallback breaks and the published schedule does not, people by pseudonym."""
    services_reduced: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    """Names of the services that stop or have less demand."""
    assumptions: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    layer: Mapped[str] = mapped_column(words("layer", "immediate", "exact"))
    gap: Mapped[float | None]
    """Share of the cost that is not proven necessary; empty where no bound is known."""
    status: Mapped[str] = mapped_column(words("status", *FALLBACK_STATUSES))
    computed_at: Mapped[datetime]
    stale_since: Mapped[datetime | None]
    run_id: Mapped[UUID | None]


class FallbackActivation(Changing, Base):
    """One use of a fallback: the draft version that was made from it, until it is called off."""

    __tablename__ = "fallback_activations"
    __table_args__ = (
        Index(
            "uq_fallback_activations_open",
            "fallback_id",
            unique=True,
            postgresql_where=text("deactivated_at IS NULL"),
        ),
        CheckConstraint("coverage BETWEEN 0 AND 1", name="coverage_is_a_share"),
        CheckConstraint(
            "num_nulls(deactivated_at, deactivated_by, deactivation_reason) IN (0, 3)",
            name="whole_deactivation",
        ),
    )

    fallback_id: Mapped[UUID] = mapped_column(ForeignKey("fallback_schedules.id", ondelete="RESTRICT"))
    crisis_id: Mapped[UUID | None] = mapped_column(ForeignKey("crisis_activations.id", ondelete="RESTRICT"))
    activated_at: Mapped[datetime]
    activated_by: Mapped[str] = mapped_column(Text, info=PERSONAL)
    reason: Mapped[str] = mapped_column(Text, info=PERSONAL)
    version_id: Mapped[UUID | None] = mapped_column(ForeignKey("schedule_versions.id", ondelete="SET NULL"))
    """The draft that was made from it."""
    coverage: Mapped[float]
    deactivated_at: Mapped[datetime | None]
    deactivated_by: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    deactivation_reason: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
