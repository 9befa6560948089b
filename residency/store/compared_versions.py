"""Two schedule versions over the days that both cover, as the version diff takes them."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from residency.errors import NotFoundError
from residency.program.calendar import Period
from residency.quality.diff import overlap
from residency.quality.measuring import VersionToCompare
from residency.store.measured_schedules import schedule_facts
from residency.store.schedules import read_schedule
from residency.store.tables import ScheduleVersion


async def load_comparison(
    engine: AsyncEngine, timezone: str, version_a: UUID, version_b: UUID
) -> tuple[VersionToCompare, VersionToCompare] | None:
    """Two versions over the days that both cover, from one picture of the database; None for the same one.

    Args:
        engine: the program's database.
        timezone: the site's IANA time zone.
        version_a: the version before.
        version_b: the version after.

    Raises:
        NotFoundError: if there is no version of one of these ids.
        InvalidInputError: if no day is covered by both.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        extent_a, runtime_a = await _version(connection, version_a)
        extent_b, runtime_b = await _version(connection, version_b)
        if version_a == version_b:
            return None
        shared = overlap(extent_a, extent_b)
        sides: list[VersionToCompare] = []
        for id_, extent, runtime in ((version_a, extent_a, runtime_a), (version_b, extent_b, runtime_b)):
            facts = await schedule_facts(connection, await read_schedule(connection, shared, timezone, id_))
            sides.append(VersionToCompare(str(id_), extent, facts, runtime))
        return sides[0], sides[1]


async def _version(connection: AsyncConnection, version_id: UUID) -> tuple[Period, float | None]:
    """The days a version covers, and what making it took, in seconds."""
    row = ScheduleVersion
    wanted = select(row.start_date, row.end_date, row.runtime_seconds).where(row.id == version_id)
    found = (await connection.execute(wanted)).first()
    if found is None:
        raise NotFoundError(f"there is no schedule version {version_id}")
    return Period(found.start_date, found.end_date), found.runtime_seconds
