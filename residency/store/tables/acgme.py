"""Approved exceptions to the weekly hours, and duty-hours findings with what was decided on them."""

import datetime as dt
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from residency.acgme.findings import Force, Severity
from residency.acgme.record import Basis
from residency.store.tables.base import PERSONAL, Base, Changing, checked, words

FINDING_STATUSES = ("open", "justified", "false_positive", "closed")
DECISIONS = ("justified", "false_positive")

FINDING_KEY = ("rule", "force", "person_id", "place", "window_start", "basis", "rule_set", "draft_id")
"""What makes two findings the same one; an empty person or draft equals another empty one."""


class HoursApprovalRow(Changing, Base):
    """An approved exception to the weekly hours (VI.F.4), for a service or, without one, for all of them."""

    __tablename__ = "hours_approvals"
    __table_args__ = (
        CheckConstraint("weekly_limit > 80 AND weekly_limit <= 88", name="weekly_limit"),
        CheckConstraint("min_pgy BETWEEN 1 AND 8 AND max_pgy BETWEEN min_pgy AND 8", name="pgy_range"),
        CheckConstraint("valid_from <= valid_to", name="range"),
        CheckConstraint("approved_by <> ''", name="approved_by_somebody"),
        Index(
            "uq_hours_approvals_natural",
            "service_id",
            "min_pgy",
            "max_pgy",
            "valid_from",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    weekly_limit: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    service_id: Mapped[UUID | None] = mapped_column(ForeignKey("services.id", ondelete="RESTRICT"))
    min_pgy: Mapped[int] = mapped_column(server_default="1")
    max_pgy: Mapped[int] = mapped_column(server_default="8")
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date]
    """Inclusive, like the first day."""
    approved_by: Mapped[str] = mapped_column(Text, info=PERSONAL)


class AcgmeFindingRow(Changing, Base):
    """One finding of the duty-hours engine, from the run that detected it to the run that found it gone.

    Findings of the published schedule and of logged duty stand: they have no draft, and a decision on one of
    them outlives the version it was found in. A draft that is checked before it is published has findings
    of its own, which carry the overrides of its publication.
    """

    __tablename__ = "acgme_findings"
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) = (place <> '')", name="person_or_place"),
        CheckConstraint("first_day <= last_day", name="range"),
        CheckConstraint("pgy BETWEEN 1 AND 8", name="pgy"),
        CheckConstraint("basis = 'planned' OR draft_id IS NULL", name="drafts_are_planned"),
        CheckConstraint(
            "num_nulls(decision, decided_by, decided_at, justification) IN (0, 4)", name="whole_decision"
        ),
        CheckConstraint(
            "num_nulls(overridden_reason, overridden_by, overridden_at) IN (0, 3)", name="whole_override"
        ),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
        CheckConstraint(
            "status = 'closed' OR status = coalesce(decision, 'open')", name="status_is_the_decision"
        ),
        Index(
            "uq_acgme_findings_key",
            *FINDING_KEY,
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_acgme_findings_last_day", "last_day"),
        Index("ix_acgme_findings_draft_id", "draft_id"),
    )

    rule: Mapped[str] = mapped_column(Text)
    rule_set: Mapped[str] = mapped_column(Text)
    force: Mapped[Force] = mapped_column(checked(Force, "force"))
    severity: Mapped[Severity] = mapped_column(checked(Severity, "severity"))
    basis: Mapped[Basis] = mapped_column(checked(Basis, "basis"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    place: Mapped[str] = mapped_column(Text, server_default="")
    """Where supervision is short; empty for findings about a person."""
    window_start: Mapped[str] = mapped_column(Text)
    """As the engine writes it: a date, or a local time with its offset."""
    window_end: Mapped[str] = mapped_column(Text)
    first_day: Mapped[dt.date]
    last_day: Mapped[dt.date]
    """The window's last local day, inclusive."""
    value: Mapped[float]
    limit_value: Mapped[float]
    unit: Mapped[str] = mapped_column(Text)
    arithmetic: Mapped[str] = mapped_column(Text)
    pgy: Mapped[int | None]
    leave_half_days: Mapped[int] = mapped_column(server_default="0")
    exception: Mapped[str] = mapped_column(Text, server_default="", info=PERSONAL)
    """The approval that raised the limit; empty without one. It may name who approved."""
    intervals: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    fixed_only: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether locked assignments alone cause it."""
    version_id: Mapped[UUID | None] = mapped_column(ForeignKey("schedule_versions.id", ondelete="SET NULL"))
    """The version it was last found in, where that was a single one."""
    draft_id: Mapped[UUID | None] = mapped_column(ForeignKey("schedule_versions.id", ondelete="RESTRICT"))
    status: Mapped[str] = mapped_column(words("status", *FINDING_STATUSES), server_default="open")
    detected_at: Mapped[datetime]
    detected_run: Mapped[UUID | None]
    decision: Mapped[str | None] = mapped_column(words("decision", *DECISIONS))
    """Stays while a finding is closed, so that it holds again if the same finding comes back."""
    decided_by: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    decided_at: Mapped[datetime | None]
    justification: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    cause: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    overridden_reason: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    overridden_by: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    overridden_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_run: Mapped[UUID | None]
