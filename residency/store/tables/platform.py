"""What the platform remembers of its own work: task runs and idempotency keys."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from residency.store.tables.base import PERSONAL, Base, Changing, words


class TaskRun(Changing, Base):
    """One run of one task; attempts of a run share the row."""

    __tablename__ = "task_runs"
    __table_args__ = (Index("ix_task_runs_task_started_at", "task", "started_at"),)

    run_id: Mapped[UUID] = mapped_column(unique=True)
    task: Mapped[str] = mapped_column(Text)
    queue: Mapped[str | None] = mapped_column(Text)
    scheduled_for: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(server_default="1")
    state: Mapped[str] = mapped_column(
        words("state", "PENDING", "STARTED", "RETRY", "SUCCESS", "FAILURE", "REVOKED")
    )
    params: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    result: Mapped[dict[str, Any] | None]
    error_class: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    parent_run_id: Mapped[UUID | None]
    cause: Mapped[str | None] = mapped_column(Text)
    idempotency_key: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    lateness_seconds: Mapped[float | None]


class IdempotencyRequest(Changing, Base):
    """A key that makes a side effect happen at most once, kept for 24 hours."""

    __tablename__ = "idempotency_requests"
    __table_args__ = (
        UniqueConstraint("scope", "key"),
        Index("ix_idempotency_requests_expires_at", "expires_at"),
    )

    key: Mapped[str] = mapped_column(Text, info=PERSONAL)
    body_hash: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(words("status", "pending", "completed", "failed", "timed_out"))
    response_code: Mapped[int | None]
    response_body: Mapped[dict[str, Any] | None] = mapped_column(info=PERSONAL)
    result_ref: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    error: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    completed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
