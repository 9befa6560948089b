"""Results of the resilience family: health checks, vulnerability reports and forecasts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from residency.store.tables.base import Base, Identified, words

LOAD_SHEDDING_LEVELS = ("NORMAL", "YELLOW", "ORANGE", "RED", "BLACK", "CRITICAL")
_EMPTY_LIST = text("'[]'::jsonb")
_EMPTY_OBJECT = text("'{}'::jsonb")


class HealthCheck(Identified, Base):
    """One health check; at most one for each 15-minute slot and horizon."""

    __tablename__ = "health_checks"
    __table_args__ = (Index("uq_health_checks_slot", "slot", "horizon_days", unique=True),)

    at: Mapped[datetime]
    slot: Mapped[datetime]
    """Start of the 15-minute slot that the check answers for."""
    horizon_days: Mapped[int]
    input_hash: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(
        words("status", "healthy", "warning", "degraded", "critical", "emergency", "no_data")
    )
    utilization: Mapped[float | None]
    utilization_level: Mapped[str | None] = mapped_column(
        words("utilization_level", "GREEN", "YELLOW", "ORANGE", "RED", "BLACK")
    )
    per_service: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    coverage: Mapped[float | None]
    buffer: Mapped[float | None]
    defense_level: Mapped[str | None] = mapped_column(
        words("defense_level", "PREVENTION", "CONTROL", "SAFETY_SYSTEMS", "CONTAINMENT", "EMERGENCY")
    )
    load_shedding_level: Mapped[str] = mapped_column(
        words("load_shedding_level", *LOAD_SHEDDING_LEVELS), server_default="NORMAL"
    )
    n1_pass: Mapped[bool | None]
    n2_pass: Mapped[bool | None]
    phase_risk: Mapped[str | None] = mapped_column(words("phase_risk", "low", "medium", "high", "critical"))
    active_fallbacks: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    crisis_mode: Mapped[bool] = mapped_column(server_default=text("false"))
    immediate_actions: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    watch_items: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    details: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
    """The half-day figures behind the picture and the sentences of the verdict."""
    run_id: Mapped[UUID | None]


class VulnerabilityReportRow(Identified, Base):
    """One contingency analysis of one period."""

    __tablename__ = "vulnerability_reports"
    __table_args__ = (Index("ix_vulnerability_reports_at", "at"), UniqueConstraint("run_id"))

    at: Mapped[datetime]
    period_start: Mapped[date]
    period_end: Mapped[date]
    version_id: Mapped[UUID | None] = mapped_column(ForeignKey("schedule_versions.id", ondelete="SET NULL"))
    standing: Mapped[bool]
    """Whether it judges the published schedule over the usual period, and so is the one to go by."""
    n1_pass: Mapped[bool]
    n2_pass: Mapped[bool]
    base_shortfall: Mapped[int]
    n1: Mapped[list[Any]]
    n2: Mapped[list[Any]]
    joint_only_pairs: Mapped[list[Any]]
    phase: Mapped[dict[str, Any]]
    recommendations: Mapped[list[Any]]
    report: Mapped[dict[str, Any]]
    """The base figures and the context that the lists above do not carry."""
    input_hash: Mapped[str] = mapped_column(Text)
    run_id: Mapped[UUID | None]
    superseded_by: Mapped[UUID | None] = mapped_column(
        ForeignKey("vulnerability_reports.id", ondelete="SET NULL")
    )


class UtilizationForecastRow(Identified, Base):
    """One forecast of the utilization of faculty, day by day."""

    __tablename__ = "utilization_forecasts"
    __table_args__ = (
        Index("ix_utilization_forecasts_at", "at"),
        UniqueConstraint("run_id"),
        CheckConstraint("period_start < period_end", name="range"),
        CheckConstraint("high_risk_days >= 0", name="high_risk_days_not_negative"),
    )

    at: Mapped[datetime]
    period_start: Mapped[date]
    period_end: Mapped[date]
    """Exclusive."""
    days: Mapped[list[Any]]
    """Every day of the period, mornings and afternoons apart."""
    high_risk_days: Mapped[int]
    anticipated_scenario: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The days as they would be with the absences that are only anticipated."""
    recommendations: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    details: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
    """What the page says that the days do not carry."""
    input_hash: Mapped[str] = mapped_column(Text)
    run_id: Mapped[UUID | None]
