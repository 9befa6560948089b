"""The schedule's measures in the database: one row an hour or day, the newest, a series, and retention."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from residency.program.calendar import Period
from residency.quality.results import ScheduleMetrics
from residency.store.statements import statement
from residency.store.tables import MetricsSnapshot

SnapshotKind = Literal["hourly", "daily"]


def hour_bucket(at: datetime) -> datetime:
    """The start of the hour an instant lies in."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def day_bucket(day: date, timezone: str) -> datetime:
    """The start of a day in the site's time zone."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class StoredMetrics:
    """Stored measures; ``metrics.people`` is left empty, for a snapshot keeps no figures of single people."""

    id: UUID
    kind: SnapshotKind
    bucket_start: datetime
    taken_at: datetime
    version_id: UUID | None
    rule_set: str
    metrics: ScheduleMetrics
    run_id: UUID | None


async def save_metrics(
    connection: AsyncConnection,
    metrics: ScheduleMetrics,
    *,
    kind: SnapshotKind,
    bucket_start: datetime,
    at: datetime,
    version_id: UUID | None,
    rule_set: str,
    run_id: UUID | None,
) -> UUID:
    """Store the measures of an hour or a day; taken again later, they replace the earlier ones.

    Args:
        connection: inside a transaction.
        metrics: the measures, people by pseudonym.
        kind: hourly or daily.
        bucket_start: start of the hour or day, see :func:`hour_bucket` and :func:`day_bucket`.
        at: when they were taken.
        version_id: the version measured, None where there was not a single one.
        rule_set: id of the rule set that judged.
        run_id: the run that took them.
    """
    row, steady, judged = MetricsSnapshot, metrics.stability, metrics.compliance
    taken = insert(row).values(
        kind=kind,
        bucket_start=bucket_start,
        taken_at=at,
        period_start=metrics.period_start,
        period_end=metrics.period_end,
        version_id=version_id,
        rule_set=rule_set,
        fairness=metrics.fairness.overall if metrics.fairness else None,
        coverage=metrics.coverage.overall if metrics.coverage else None,
        compliance=judged.compliance if judged else None,
        compliance_weighted=judged.weighted if judged else None,
        stability_grade=steady.grade if steady else None,
        churn=steady.churn if steady else None,
        ripple=steady.ripple if steady else None,
        n1_score=steady.n1_score if steady else None,
        summary=metrics.model_dump(mode="json", exclude={"people"}),
        input_hash=metrics.input_hash,
        run_id=run_id,
    )
    kept = ("id", "created_at", "kind", "bucket_start")
    changed = {column.name: column for column in taken.excluded if column.name not in kept}
    await connection.execute(
        taken.on_conflict_do_update(
            index_elements=[row.kind, row.bucket_start],
            set_=changed,
            where=row.taken_at <= taken.excluded.taken_at,
        )
    )
    same = select(row.id).where(row.kind == kind, row.bucket_start == bucket_start)
    return (await connection.execute(same)).scalar_one()


async def find_metrics(
    connection: AsyncConnection, kind: SnapshotKind, bucket_start: datetime
) -> StoredMetrics | None:
    """The measures of one hour or day, or None if they were not taken."""
    row = MetricsSnapshot
    return await _first(connection, row.kind == kind, row.bucket_start == bucket_start)


async def newest_metrics(
    connection: AsyncConnection, *, kind: SnapshotKind | None = None, before: datetime | None = None
) -> StoredMetrics | None:
    """The measures that were taken last, of one kind or any; None before the first.

    Args:
        connection: an open connection.
        kind: hourly or daily, None for any.
        before: an instant; only hours and days that began before it.
    """
    conditions = [MetricsSnapshot.kind == kind] if kind else []
    if before is not None:
        conditions.append(MetricsSnapshot.bucket_start < before)
    return await _first(connection, *conditions)


async def daily_metrics(connection: AsyncConnection, period: Period, timezone: str) -> list[StoredMetrics]:
    """The measures of the days of a period, oldest first; days on which none were taken are missing."""
    row = MetricsSnapshot
    first, end = (day_bucket(day, timezone) for day in (period.start, period.end))
    wanted = (
        select(row.__table__)
        .where(row.kind == "daily", row.bucket_start >= first, row.bucket_start < end)
        .order_by(row.bucket_start)
    )
    return [_stored(found) for found in await connection.execute(wanted)]


@dataclass(frozen=True, slots=True)
class DeletedMetrics:
    """How many snapshots a clean-up deleted, by kind and by the run status of their version, and kept."""

    by_kind: dict[str, int]
    by_run_status: dict[str, int]
    kept: int
    batches: int

    @property
    def deleted(self) -> int:
        """All deleted snapshots."""
        return sum(self.by_kind.values())


async def delete_expired(
    engine: AsyncEngine, cutoff: datetime, timezone: str, batch: int = 1000
) -> DeletedMetrics:
    """Delete snapshots of before an instant, a batch a transaction, but the first daily one of each month.

    It may be ended at any point and started again: what was deleted is gone, the rest comes next.

    Args:
        engine: the program's database.
        cutoff: the start of the first day that is kept in full.
        timezone: the site's IANA time zone, which says where a month begins.
        batch: snapshots deleted in one transaction.
    """
    by_kind: Counter[str] = Counter()
    by_run_status: Counter[str] = Counter()
    batches = 0
    while True:
        async with engine.begin() as connection:
            rows = (
                await connection.exec_driver_sql(
                    statement("metrics_snapshots_delete"), (cutoff, timezone, batch)
                )
            ).all()
        for row in rows:
            by_kind[row.kind] += row.snapshots
            by_run_status[row.run_status] += row.snapshots
        if not rows:
            break
        batches += 1
    async with engine.connect() as connection:
        old = select(func.count()).where(MetricsSnapshot.bucket_start < cutoff)
        kept = (await connection.execute(old)).scalar_one()
    return DeletedMetrics(dict(by_kind), dict(by_run_status), kept, batches)


async def _first(connection: AsyncConnection, *conditions: Any) -> StoredMetrics | None:  # noqa: ANN401 - SQL
    row = MetricsSnapshot
    newest = select(row.__table__).where(*conditions).order_by(row.bucket_start.desc(), row.taken_at.desc())
    found = (await connection.execute(newest.limit(1))).first()
    return _stored(found) if found else None


def _stored(row: Row[Any]) -> StoredMetrics:
    return StoredMetrics(
        id=row.id,
        kind=row.kind,
        bucket_start=row.bucket_start,
        taken_at=row.taken_at,
        version_id=row.version_id,
        rule_set=row.rule_set,
        metrics=ScheduleMetrics.model_validate({**row.summary, "people": ()}),
        run_id=row.run_id,
    )
