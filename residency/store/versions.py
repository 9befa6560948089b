"""Schedule versions: finding one, making one, and publishing it in place of those it overlaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, func, insert, select, update
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
