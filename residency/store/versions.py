"""Schedule versions: finding and listing them, making one, publishing it in place of those it overlaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.errors import NotFoundError
from residency.program.calendar import Period, academic_year
from residency.store.statements import statement
from residency.store.tables import AssignmentRow, ScheduleVersion


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version's id and whether it is published."""

    id: UUID
    published: bool


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What a version is; ``violations`` is None until it has been judged for publication."""

    id: UUID
    days: Period
    publication: str
    run_status: str
    algorithm: str
    assignments: int
    violations: int | None
    overrides: int
    created_at: datetime
    published_at: datetime | None
    published_by: str | None


async def list_versions(connection: AsyncConnection, limit: int | None = None) -> list[VersionFacts]:
    """The versions, newest first; at most ``limit``, None for all."""
    wanted = _FACTS.order_by(ScheduleVersion.created_at.desc(), ScheduleVersion.id).limit(limit)
    return [_facts(row) for row in await connection.execute(wanted)]


async def version_facts(connection: AsyncConnection, version_id: UUID) -> VersionFacts:
    """One version.

    Raises:
        NotFoundError: if there is none of that id.
    """
    row = (await connection.execute(_FACTS.where(ScheduleVersion.id == version_id))).first()
    if row is None:
        raise NotFoundError(f"there is no schedule version {version_id}; `residency versions` lists them")
    return _facts(row)


_FACTS = select(
    ScheduleVersion.id,
    ScheduleVersion.start_date,
    ScheduleVersion.end_date,
    ScheduleVersion.publication,
    ScheduleVersion.run_status,
    ScheduleVersion.algorithm,
    ScheduleVersion.assignments_count,
    ScheduleVersion.violations_count,
    ScheduleVersion.overrides_count,
    ScheduleVersion.created_at,
    ScheduleVersion.published_at,
    ScheduleVersion.published_by,
)


def _facts(row: Row[Any]) -> VersionFacts:
    id_, start, end, *rest = row
    return VersionFacts(id_, Period(start, end), *rest)


async def hold_schedules(connection: AsyncConnection, wait: timedelta) -> None:
    """Let nobody else publish a version or change a schedule until the transaction ends; reading goes on.

    As the first statement of a REPEATABLE READ transaction it comes before the picture that the transaction
    sees, so that nothing is committed between the two.

    Args:
        connection: inside a transaction that has asked nothing yet.
        wait: how long to wait for others; afterwards the database refuses.
    """
    await connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(wait.total_seconds() * 1000)}")
    await connection.exec_driver_sql(
        "LOCK TABLE schedule_versions, assignments, rotations, call_shifts IN SHARE ROW EXCLUSIVE MODE"
    )


async def note_judged(
    connection: AsyncConnection, version_id: UUID, *, violations: int, overrides: int
) -> None:
    """Keep how many ``must`` rules a version breaks, and how many of those are overridden."""
    await connection.execute(
        update(ScheduleVersion)
        .where(ScheduleVersion.id == version_id)
        .values(violations_count=violations, overrides_count=overrides)
    )


async def published_extents(connection: AsyncConnection) -> list[Period]:
    """The days of every published version, in order."""
    wanted = (
        select(ScheduleVersion.start_date, ScheduleVersion.end_date)
        .where(ScheduleVersion.publication == "published")
        .order_by(ScheduleVersion.start_date)
    )
    return [Period(start, end) for start, end in await connection.execute(wanted)]


async def has_versions(connection: AsyncConnection) -> bool:
    """Whether the database holds any schedule version."""
    return (await connection.execute(select(exists(select(ScheduleVersion.id))))).scalar_one()


async def version_extents(connection: AsyncConnection, version_ids: Sequence[UUID]) -> list[Period]:
    """The days that each of some versions covers."""
    wanted = select(ScheduleVersion.start_date, ScheduleVersion.end_date).where(
        ScheduleVersion.id.in_(version_ids)
    )
    return [Period(start, end) for start, end in await connection.execute(wanted)]


async def find_version(connection: AsyncConnection, input_hash: str) -> StoredVersion | None:
    """The version that still has the same content and is not archived: the published one, else the newest.

    A version whose assignments were edited, added or removed since it was made is another one by now.
    """
    published = ScheduleVersion.publication == "published"
    its = AssignmentRow.version_id == ScheduleVersion.id
    edited = exists(select(AssignmentRow.id).where(its, AssignmentRow.updated_at > AssignmentRow.created_at))
    count = select(func.count()).where(its).correlate(ScheduleVersion).scalar_subquery()
    wanted = (
        select(ScheduleVersion.id, published)
        .where(ScheduleVersion.input_hash == input_hash, ScheduleVersion.publication != "archived")
        .where(~edited, count == ScheduleVersion.assignments_count)
        .order_by(published.desc(), ScheduleVersion.created_at.desc())
        .limit(1)
    )
    row = (await connection.execute(wanted)).first()
    return StoredVersion(row[0], row[1]) if row else None


async def add_imported_version(
    connection: AsyncConnection, period: Period, assignments: int, input_hash: str
) -> UUID:
    """A new draft whose assignments an import brings."""
    statement = insert(ScheduleVersion).values(
        academic_year=academic_year(period.start),
        start_date=period.start,
        end_date=period.end,
        algorithm="import",
        run_status="success",
        assignments_count=assignments,
        input_hash=input_hash,
    )
    return (await connection.execute(statement.returning(ScheduleVersion.id))).scalar_one()


async def publish_version(connection: AsyncConnection, version_id: UUID, actor: str) -> tuple[UUID, ...]:
    """Publish a version; every published version that overlaps it is superseded in the same transaction.

    Returns:
        The superseded versions.

    Raises:
        NotFoundError: if there is no version of that id.
    """
    superseded: Sequence[UUID] = (
        (await connection.exec_driver_sql(statement("versions_supersede"), (version_id,))).scalars().all()
    )
    published = await connection.execute(
        update(ScheduleVersion)
        .where(ScheduleVersion.id == version_id)
        .values(publication="published", published_at=func.now(), published_by=actor)
        .returning(ScheduleVersion.id)
    )
    if published.first() is None:
        raise NotFoundError(f"there is no schedule version {version_id}")
    return tuple(sorted(superseded))
