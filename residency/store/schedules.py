"""A schedule as the duty-hours engine and the measures of quality need it: a period and the days around."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from residency.program.calendar import Period
from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.store.program_loader import load_program
from residency.store.snapshots import covered_snapshot, uncovered_caveat
from residency.store.versions import version_extents

MARGIN_DAYS = 35
"""So that no averaging window of up to a calendar month is cut short at the edge of the period."""


@dataclass(frozen=True, slots=True)
class LoadedSchedule:
    """A program around a period, a snapshot of the period's covered days, and where they come from.

    ``program`` also holds the assignments, call, rotations and absences of the days on either side.
    ``version_ids`` are the versions shown in the period itself; ``extents`` are the days inside and around it
    for which any version speaks, where a day without duty is a fact and not a gap. ``uncovered`` counts
    the days of the period for which none does.
    """

    program: Program
    snapshot: Snapshot
    version_ids: tuple[UUID, ...]
    extents: tuple[Period, ...]
    uncovered: int

    @property
    def version_id(self) -> UUID | None:
        """The version shown, where it is a single one."""
        return self.version_ids[0] if len(self.version_ids) == 1 else None

    @property
    def caveat(self) -> str | None:
        """A sentence on the days that are not judged; None when all are."""
        return uncovered_caveat(self.snapshot.period, self.uncovered)


async def load_schedule(
    engine: AsyncEngine,
    period: Period,
    timezone: str,
    version_id: UUID | None = None,
    *,
    margin_days: int = MARGIN_DAYS,
    duty_logs: bool = False,
) -> LoadedSchedule:
    """A period and the days around it, from one consistent picture of the database.

    Args:
        engine: the program's database.
        period: the days wanted.
        timezone: the site's IANA time zone.
        version_id: a schedule version to show instead of the published ones; on the days that it does not
            cover the published ones surround it.
        margin_days: how many days are loaded on either side of the period.
        duty_logs: whether logged duty is wanted as well.

    Raises:
        NotFoundError: if there is no version of that id.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return await read_schedule(
            connection, period, timezone, version_id, margin_days=margin_days, duty_logs=duty_logs
        )


async def read_schedule(
    connection: AsyncConnection,
    period: Period,
    timezone: str,
    version_id: UUID | Sequence[UUID] | None = None,
    *,
    margin_days: int = MARGIN_DAYS,
    duty_logs: bool = False,
) -> LoadedSchedule:
    """The same inside a transaction of the caller's, which should be REPEATABLE READ.

    Several versions may be asked for that do not overlap; everything else is as for :func:`load_schedule`.

    Raises:
        NotFoundError: if there is no version of that id.
    """
    loaded = await load_program(
        connection,
        timezone,
        period,
        version_id,
        margin=timedelta(days=margin_days),
        duty_logs=duty_logs,
    )
    shown = await version_extents(connection, loaded.version_ids)
    snapshot, uncovered = covered_snapshot(loaded.program, period, shown)
    around = Period(period.start - timedelta(days=margin_days), period.end + timedelta(days=margin_days))
    extents = tuple(
        Period(max(days.start, around.start), min(days.end, around.end))
        for days in loaded.covered
        if days.start < around.end and days.end > around.start
    )
    return LoadedSchedule(loaded.program, snapshot, loaded.version_ids, extents, uncovered)
