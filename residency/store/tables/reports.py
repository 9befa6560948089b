"""Compliance reports and the index of the files that were archived of them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from residency.store.tables.base import PERSONAL, Base, Identified, words

REPORT_KINDS = ("weekly", "monthly", "audit")
FILE_FORMATS = ("pdf", "xlsx", "json")


class ComplianceReportRow(Identified, Base):
    """One revision of the report on one period; a later revision supersedes it and deletes nothing."""

    __tablename__ = "compliance_reports"
    __table_args__ = (
        UniqueConstraint("kind", "period_start", "period_end", "revision"),
        UniqueConstraint("run_id"),
        CheckConstraint("period_start < period_end", name="range"),
        CheckConstraint("revision >= 1", name="revision"),
        Index("ix_compliance_reports_kind_period_end", "kind", "period_end"),
    )

    kind: Mapped[str] = mapped_column(words("kind", *REPORT_KINDS))
    period_start: Mapped[date]
    period_end: Mapped[date]
    """Exclusive."""
    rule_sets: Mapped[list[str]] = mapped_column(ARRAY(Text))
    body: Mapped[dict[str, Any]]
    """What the report says, people by pseudonym."""
    files: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    """Format, SHA-256, size and location of each file, as the archive index has them."""
    sent_to: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("'{}'::text[]"), info=PERSONAL
    )
    revision: Mapped[int] = mapped_column(server_default="1")
    made_at: Mapped[datetime]
    input_hash: Mapped[str] = mapped_column(Text)
    run_id: Mapped[UUID | None]
    superseded_by: Mapped[UUID | None] = mapped_column(
        ForeignKey("compliance_reports.id", ondelete="RESTRICT")
    )


class ArchivedFile(Identified, Base):
    """One file in the archive and what it must be when it is read again."""

    __tablename__ = "archived_files"
    __table_args__ = (
        UniqueConstraint("report_id", "format"),
        UniqueConstraint("location"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        CheckConstraint("bytes > 0", name="not_empty"),
    )

    report_id: Mapped[UUID] = mapped_column(ForeignKey("compliance_reports.id", ondelete="RESTRICT"))
    format: Mapped[str] = mapped_column(words("format", *FILE_FORMATS))
    sha256: Mapped[str] = mapped_column(Text)
    bytes: Mapped[int] = mapped_column(BigInteger)
    location: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
