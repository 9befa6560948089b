"""Which schedule versions speak for which days: the published ones, or one version with those around it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.errors import NotFoundError
from residency.program.calendar import Period
from residency.store.tables import ScheduleVersion

CALL_MARGIN = timedelta(days=2)
"""How long before a period call may have ended whose rest reaches into it, time zones included."""


@dataclass(frozen=True, slots=True)
class VersionDays:
    """A version and the days it speaks for, at most those it covers; it may speak for them in two pieces."""

    id: UUID
    days: Period
    asked: bool = True
    """Whether it is one of those to be shown, and not only what surrounds them."""


async def version_days(
    connection: AsyncConnection,
    period: Period | None,
    version_id: UUID | None,
    margin: timedelta = timedelta(),
) -> tuple[VersionDays, ...]:
    """The versions that speak for a period and the days around it, in order of their days.

    Without a version these are the published ones, each for its own days, back to those whose last call
    may reach into the days wanted. With one it is that version for all of its days and, where there is a
    margin, the published ones for the days it does not cover.

    Args:
        connection: an open connection.
        period: the days wanted, None for all.
        version_id: a version to show instead of the published ones.
        margin: how much more is wanted on either side of the period.

    Raises:
        NotFoundError: if there is no version of that id.
    """
    table = ScheduleVersion
    wanted = select(table.id, table.start_date, table.end_date).order_by(table.start_date)
    published = wanted.where(table.publication == "published")
    if period is not None:
        first, end = period.start - margin, period.end + margin
        published = published.where(table.start_date < end, table.end_date > first - CALL_MARGIN)
    if version_id is None:
        return tuple(
            VersionDays(id_, Period(start, end), asked=period is None or _meet(start, end, period))
            for id_, start, end in await connection.execute(published)
        )
    row = (await connection.execute(wanted.where(table.id == version_id))).first()
    if row is None:
        raise NotFoundError(f"there is no schedule version {version_id}")
    own = VersionDays(version_id, Period(row.start_date, row.end_date))
    if not margin:
        return (own,)
    around = [
        VersionDays(id_, piece, asked=False)
        for id_, start, end in await connection.execute(published.where(table.id != version_id))
        for piece in outside(Period(start, end), own.days)
    ]
    return tuple(sorted([own, *around], key=lambda each: each.days.start))


def _meet(start: date, end: date, period: Period) -> bool:
    return start < period.end and end > period.start


def outside(days: Period, hole: Period) -> Iterable[Period]:
    """The pieces of some days that lie before and after a hole in them."""
    if days.start < (end := min(days.end, hole.start)):
        yield Period(days.start, end)
    if (start := max(days.start, hole.end)) < days.end:
        yield Period(start, days.end)
