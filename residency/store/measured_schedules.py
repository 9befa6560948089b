"""A schedule with the one that was published before it, as the measures of quality take them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from residency.program.calendar import HALVES, Period
from residency.quality.measuring import ScheduleFacts
from residency.quality.rows import VersionRows
from residency.store.metrics_snapshots import newest_metrics
from residency.store.schedules import LoadedSchedule, read_schedule
from residency.store.tables import AssignmentRow, BlockRow, PersonRow, ScheduleVersion


@dataclass(frozen=True, slots=True)
class LoadedMeasurement:
    """What there is to measure; ``previous`` is None where nothing was published before.

    ``published_on`` is the day, in the site's time zone, of the newest publication among the versions shown;
    ``last_major_change`` that of the last major change known before.
    """

    loaded: LoadedSchedule
    current: ScheduleFacts
    previous: ScheduleFacts | None
    published_on: date | None
    last_major_change: date | None


async def load_measurement(
    engine: AsyncEngine, period: Period, timezone: str, version_id: UUID | None = None
) -> LoadedMeasurement:
    """A schedule and its predecessor over a period, from one consistent picture of the database.

    Args:
        engine: the program's database.
        period: the days wanted.
        timezone: the site's IANA time zone.
        version_id: a schedule version to measure instead of the published ones.

    Raises:
        NotFoundError: if there is no version of that id.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        loaded = await read_schedule(connection, period, timezone, version_id)
        judged = loaded.snapshot.period
        published_at, before = await _predecessors(connection, loaded.version_ids, judged)
        former = await read_schedule(connection, judged, timezone, before) if before else None
        newest = await newest_metrics(connection, kind="daily")
        return LoadedMeasurement(
            loaded=loaded,
            current=await schedule_facts(connection, loaded),
            previous=await schedule_facts(connection, former) if former else None,
            published_on=published_at.astimezone(ZoneInfo(timezone)).date() if published_at else None,
            last_major_change=(
                newest.metrics.stability.major_change_on if newest and newest.metrics.stability else None
            ),
        )


async def _predecessors(
    connection: AsyncConnection, version_ids: Sequence[UUID], period: Period
) -> tuple[datetime | None, tuple[UUID, ...]]:
    """When the newest of some versions was published, and what stood over the period just before.

    Before an unpublished version stands what is published now. A version stood until a later one that
    overlaps it was published.
    """
    if not version_ids:
        return None, ()
    table = ScheduleVersion
    shown = (
        await connection.execute(
            select(table.publication, table.published_at).where(table.id.in_(version_ids))
        )
    ).all()
    instants = [row.published_at for row in shown if row.published_at is not None]
    published_at = max(instants, default=None) if len(instants) == len(shown) else None
    earlier = (
        select(table.id, table.start_date, table.end_date)
        .where(table.published_at.is_not(None), table.start_date < table.end_date)
        .order_by(table.published_at.desc())
    )
    if published_at is not None:
        earlier = earlier.where(table.published_at < published_at)
    else:
        earlier = earlier.where(table.id.not_in(version_ids))
    standing: list[tuple[UUID, Period]] = []
    for id_, start, end in await connection.execute(earlier):
        if not any(start < other.end and end > other.start for _, other in standing):
            standing.append((id_, Period(start, end)))
    meeting = [id_ for id_, days in standing if days.start < period.end and days.end > period.start]
    return published_at, tuple(meeting)


async def schedule_facts(connection: AsyncConnection, loaded: LoadedSchedule) -> ScheduleFacts:
    """A loaded schedule with the overrides and causes of its assignments.

    Args:
        connection: in the transaction that loaded it.
        loaded: the schedule.
    """
    program, period = loaded.program, loaded.snapshot.period
    rows = VersionRows.of(program, loaded.extents)
    place = {person.id: row for row, person in enumerate(program.people)}
    key = _keys(rows.person, rows.day.astype(np.int64), rows.half)
    order = np.argsort(key)
    override, cause = rows.override.copy(), rows.cause.copy()
    overrides: dict[str, int] = {}
    causes: dict[str, int] = {}
    for mark in await _marks(connection, loaded.version_ids, period):
        day = np.datetime64(mark.date, "D").astype(np.int64)
        wanted = _keys(place[mark.external_id], day, HALVES.index(mark.half))
        at = order[np.searchsorted(key, wanted, sorter=order)]
        if mark.override_reason is not None:
            override[at] = overrides.setdefault(mark.override_reason, len(overrides))
        if mark.cause_id is not None:
            cause[at] = causes.setdefault(str(mark.cause_id), len(causes))
    marked = VersionRows(
        extents=rows.extents,
        people=rows.people,
        services=rows.services,
        person=rows.person,
        service=rows.service,
        day=rows.day,
        half=rows.half,
        role=rows.role,
        override=override,
        cause=cause,
        overrides=tuple(overrides),
        causes=tuple(causes),
    )
    return ScheduleFacts(program, loaded.snapshot, loaded.extents, marked)


def _keys(person: Any, day: Any, half: Any) -> Any:  # noqa: ANN401 - arrays or numbers alike
    """One number for each person and half-day."""
    return (np.int64(1) * person << 32) + 2 * day + half


async def _marks(connection: AsyncConnection, version_ids: Sequence[UUID], period: Period) -> Sequence[Any]:
    """The assignments that carry an override or a cause."""
    marked = (
        select(
            PersonRow.external_id,
            BlockRow.date,
            BlockRow.half,
            AssignmentRow.override_reason,
            AssignmentRow.cause_id,
        )
        .join(BlockRow, BlockRow.id == AssignmentRow.block_id)
        .join(PersonRow, PersonRow.id == AssignmentRow.person_id)
        .where(AssignmentRow.version_id.in_(version_ids))
        .where(BlockRow.date >= period.start, BlockRow.date < period.end)
        .where(or_(AssignmentRow.override_reason.is_not(None), AssignmentRow.cause_id.is_not(None)))
    )
    return (await connection.execute(marked)).all()
