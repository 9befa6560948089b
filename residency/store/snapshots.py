"""The one door from the database to every calculation: a snapshot of a period."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from residency.program.calendar import Period
from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.store.program_loader import load_program
from residency.store.versions import version_extents


@dataclass(frozen=True, slots=True)
class LoadedSnapshot:
    """A snapshot and the schedule versions it shows; none when no version covers any day of the period.

    The snapshot holds the days from the first to the last that a version covers. ``uncovered`` counts the
    days of the period that were asked for and are not judged, because no schedule speaks of them.
    """

    snapshot: Snapshot
    version_ids: tuple[UUID, ...]
    uncovered: int

    @property
    def caveat(self) -> str | None:
        """A sentence on the days that are not judged; None when all are."""
        return uncovered_caveat(self.snapshot.period, self.uncovered)


def uncovered_caveat(period: Period, uncovered: int) -> str | None:
    """A sentence on the days that are not judged; None when all are.

    Args:
        period: the days that are judged.
        uncovered: how many more were asked for.
    """
    if not uncovered:
        return None
    judged = f"{period.start:%-d %b %Y} to {period.end - timedelta(days=1):%-d %b %Y}"
    return f"{uncovered} of the days asked for have no schedule and are not judged; judged are {judged}"


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
        extents = await version_extents(connection, loaded.version_ids)
    snapshot, uncovered = covered_snapshot(loaded.program, period, extents)
    return LoadedSnapshot(snapshot, loaded.version_ids, uncovered)


def covered_snapshot(program: Program, period: Period, extents: Iterable[Period]) -> tuple[Snapshot, int]:
    """The snapshot of those days of a period that versions cover, and how many days no version covers.

    Args:
        program: the program over the period at least.
        period: the days wanted.
        extents: the days that each of its versions covers.
    """
    covered = {day for extent in extents for day in _days(extent) if day in period}
    judged = (
        Period(min(covered), max(covered) + timedelta(days=1))
        if covered
        else Period(period.start, period.start)
    )
    snapshot = Snapshot.of(program, judged)
    return _without_demand_outside(snapshot, covered), period.days - len(covered)


def _days(period: Period) -> Iterator[date]:
    return (period.start + timedelta(days=offset) for offset in range(period.days))


def _without_demand_outside(snapshot: Snapshot, covered: Set[date]) -> Snapshot:
    """The snapshot asking for nobody on days between two versions that no version covers."""
    gap = [block for block in range(snapshot.period.blocks) if snapshot.period.day(block) not in covered]
    if not gap:
        return snapshot
    demand = snapshot.demand.copy()
    demand[:, gap] = 0
    return replace(snapshot, demand=demand)
