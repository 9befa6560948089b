"""Measures of the schedule over time, and alerts about its conflicts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from residency.store.tables.base import PERSONAL, Base, Changing, Identified, words

CONFLICT_TYPES = (
    "leave_fmit_overlap",
    "leave_call_overlap",
    "leave_assignment_overlap",
    "coverage_gap",
    "supervision_deficit",
    "sole_provider_loss",
    "simultaneous_leave",
    "back_to_back",
    "excessive_alternating",
    "call_cascade",
    "recovery_violation",
    "external_commitment",
)


class MetricsSnapshot(Identified, Base):
    """The figures of the schedule's quality at one hour or on one day; at most one for each."""

    __tablename__ = "metrics_snapshots"
    __table_args__ = (
        UniqueConstraint("kind", "bucket_start"),
        CheckConstraint("period_start <= period_end", name="range"),
        *(
            CheckConstraint(f"{share} BETWEEN 0 AND 1", name=f"{share}_is_a_share")
            for share in ("fairness", "coverage", "compliance", "compliance_weighted")
        ),
    )

    kind: Mapped[str] = mapped_column(words("kind", "hourly", "daily"))
    bucket_start: Mapped[datetime]
    """Start of the hour, or of the day in the site's time zone, that the snapshot answers for."""
    taken_at: Mapped[datetime]
    period_start: Mapped[date]
    period_end: Mapped[date]
    """Exclusive; the first day itself where no schedule covered anything."""
    version_id: Mapped[UUID | None] = mapped_column(ForeignKey("schedule_versions.id", ondelete="SET NULL"))
    """The version that was measured, where it was a single one."""
    rule_set: Mapped[str] = mapped_column(Text)
    fairness: Mapped[float | None]
    coverage: Mapped[float | None]
    compliance: Mapped[float | None]
    compliance_weighted: Mapped[float | None]
    stability_grade: Mapped[str | None] = mapped_column(words("stability_grade", "A", "B", "C", "D", "F"))
    churn: Mapped[float | None]
    ripple: Mapped[float | None]
    n1_score: Mapped[float | None]
    summary: Mapped[dict[str, Any]]
    """The figures behind these, people by pseudonym."""
    input_hash: Mapped[str] = mapped_column(Text)
    run_id: Mapped[UUID | None]


class ConflictAlert(Changing, Base):
    """A conflict between leave, call and the schedule, until it is resolved or ignored."""

    __tablename__ = "conflict_alerts"
    __table_args__ = (
        Index(
            "uq_conflict_alerts_open",
            "fingerprint",
            unique=True,
            postgresql_where=text("status IN ('new', 'acknowledged')"),
        ),
        Index("ix_conflict_alerts_status_type", "status", "type"),
        CheckConstraint("status <> 'ignored' OR coalesce(resolution, '') <> ''", name="ignored_for_a_reason"),
        CheckConstraint(
            "(status IN ('resolved', 'ignored')) = (resolved_at IS NOT NULL)", name="resolved_at"
        ),
        CheckConstraint("status <> 'acknowledged' OR acknowledged_at IS NOT NULL", name="acknowledged_at"),
    )

    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    """Empty where a place or a service is concerned and no single person."""
    type: Mapped[str] = mapped_column(words("type", *CONFLICT_TYPES))
    severity: Mapped[str] = mapped_column(words("severity", "critical", "warning", "info"))
    week_start: Mapped[date | None]
    """The Friday of the week concerned."""
    slot: Mapped[str | None] = mapped_column(Text)
    """The service and half-day concerned."""
    absence_id: Mapped[UUID | None] = mapped_column(ForeignKey("absences.id", ondelete="SET NULL"))
    swap_id: Mapped[UUID | None]
    fingerprint: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    """People by pseudonym."""
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    status: Mapped[str] = mapped_column(
        words("status", "new", "acknowledged", "resolved", "ignored"), server_default="new"
    )
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    resolution: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    run_id: Mapped[UUID | None]
