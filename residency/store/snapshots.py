"""The one door from the database to every calculation: a snapshot of a period."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from residency.program.calendar import Period
from residency.program.snapshot import Snapshot
from residency.store.program_loader import load_program


@dataclass(frozen=True, slots=True)
class LoadedSnapshot:
    """A snapshot and the schedule versions it shows; none when no version covers any day of the period."""

    snapshot: Snapshot
    version_ids: tuple[UUID, ...]


async def load_snapshot(
    engine: AsyncEngine, period: Period, timezone: str, version_id: UUID | None = None
) -> LoadedSnapshot:
    """The program over a period, from one consistent picture of the database.

    Args:
        engine: the program's database.
        period: the days wanted.
        timezone: the site's IANA time zone.
        version_id: a schedule version to show instead of the published ones.

    Raises:
        NotFoundError: if there is no version of that id.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        loaded = await load_program(connection, timezone, period, version_id)
    return LoadedSnapshot(Snapshot.of(loaded.program, period), loaded.version_ids)
