"""How the published schedule stands when a crisis is asked for: its work, its load, and who is lost."""

import asyncio
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from residency.crisis.circumstances import Circumstances, is_holiday, lost_faculty
from residency.program.calendar import Period
from residency.resilience.activities import activities_of, faculty_capacity
from residency.resilience.load_shedding import LoadSheddingLevel, Shedding, automatic_level, shed
from residency.resilience.utilization import utilization
from residency.store.schedules import LoadedSchedule, read_schedule

CRISIS_DAYS = 7
"""Days from today whose work is counted and in which absences count as losses, as in a health check."""

NOTHING_PUBLISHED = (
    "No published schedule covers these days, so there is no work to count and no draft to make."
)


@dataclass(frozen=True, slots=True)
class Situation:
    """The published schedule of the next days, measured; ``lost`` by pseudonym, as in ``circumstances``."""

    period: Period
    shedding: Shedding
    automatic: LoadSheddingLevel
    utilization: float
    coverage: float
    circumstances: Circumstances
    lost: tuple[str, ...]
    is_published: bool
    notes: tuple[str, ...]


async def read_situation(
    connection: AsyncConnection, level: LoadSheddingLevel, today: date, timezone: str
) -> Situation:
    """Measure the published schedule of the days from today, and what a level suspends of it.

    Args:
        connection: inside a REPEATABLE READ transaction.
        level: to which load is to be shed.
        today: the first day.
        timezone: the site's IANA time zone.
    """
    period = Period.horizon(today, CRISIS_DAYS)
    loaded = await read_schedule(connection, period, timezone, margin_days=0)
    return await asyncio.to_thread(_measured, loaded, period, level)


def _measured(loaded: LoadedSchedule, period: Period, level: LoadSheddingLevel) -> Situation:
    program, snapshot = loaded.program, loaded.snapshot
    work, capacity = activities_of(program, snapshot), faculty_capacity(snapshot)
    lost = lost_faculty(program, snapshot)
    pseudonyms = dict(zip(snapshot.person_ids, snapshot.pseudonyms, strict=True))
    required, filled = int(snapshot.demand.sum()), int(snapshot.filled.sum())
    is_published = bool(loaded.version_ids)
    notes = [] if is_published else [NOTHING_PUBLISHED]
    if is_published and loaded.caveat:
        notes.append(f"{loaded.caveat}.")
    return Situation(
        period=period,
        shedding=shed(work, level, capacity),
        automatic=automatic_level(work, capacity),
        utilization=utilization(snapshot),
        coverage=filled / required if required else 1.0,
        circumstances=Circumstances(level, lost, period.start, is_holiday(program, period.start)),
        lost=tuple(pseudonyms[person] for person in lost),
        is_published=is_published,
        notes=tuple(notes),
    )
