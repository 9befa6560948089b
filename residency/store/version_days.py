"""Which schedule versions speak for which days: the published ones, or some with those around them."""

from collections.abc import Sequence
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
    version_ids: Sequence[UUID] = (),
    margin: timedelta = timedelta(),
) -> tuple[VersionDays, ...]:
    """The versions that speak for a period and the days around it, in order of their days.

    Without versions these are the published ones, each for its own days, back to those whose last call may
    reach into the days wanted. With some it is those for all of their days and, where there is a margin, the
    published ones for the days they do not cover.

    Args:
        connection: an open connection.
        period: the days wanted, None for all.
        version_ids: versions to show instead of the published ones; they must not overlap.
        margin: how much more is wanted on either side of the period.

    Raises:
        NotFoundError: if there is no version of one of these ids.
    """
    table = ScheduleVersion
    wanted = select(table.id, table.start_date, table.end_date).order_by(table.start_date)
    published = wanted.where(table.publication == "published")
    if period is not None:
        first, end = period.start - margin, period.end + margin
        published = published.where(table.start_date < end, table.end_date > first - CALL_MARGIN)
    if not version_ids:
        return tuple(
            VersionDays(id_, Period(start, end), asked=period is None or _meet(start, end, period))
            for id_, start, end in await connection.execute(published)
        )
    rows = (await connection.execute(wanted.where(table.id.in_(version_ids)))).all()
    own = [VersionDays(id_, Period(start, end)) for id_, start, end in rows]
    if missing := set(version_ids) - {each.id for each in own}:
        raise NotFoundError(f"there is no schedule version {', '.join(sorted(map(str, missing)))}")
    if not margin:
        return tuple(own)
    around = [
        VersionDays(id_, piece, asked=False)
        for id_, start, end in await connection.execute(published.where(table.id.not_in(version_ids)))
        for piece in outside(Period(start, end), [each.days for each in own])
    ]
    return tuple(sorted([*own, *around], key=lambda each: each.days.start))


def _meet(start: date, end: date, period: Period) -> bool:
    return start < period.end and end > period.start


def outside(days: Period, holes: Sequence[Period]) -> list[Period]:
    """The pieces of some days that lie before, between and after holes in them, in order."""
    pieces = [days]
    for hole in holes:
        pieces = [
            Period(start, end)
            for piece in pieces
            for start, end in (
                (piece.start, min(piece.end, hole.start)),
                (max(piece.start, hole.end), piece.end),
            )
            if start < end
        ]
    return sorted(pieces)
