"""Trying a crisis out: what would be suspended and protected, and which fallback would be used."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from residency.crisis.asking import CrisisWord
from residency.crisis.deployment import prepare_fallback
from residency.crisis.planning import crisis_plan
from residency.crisis.situation import read_situation
from residency.resilience.crisis_results import CrisisPlan
from residency.store.crises import open_crisis


async def simulate_crisis(
    engine: AsyncEngine,
    word: CrisisWord,
    *,
    now: datetime,
    timezone: str,
    fallback_id: UUID | None = None,
) -> CrisisPlan:
    """The plan of a crisis as it would be declared now; the database is only read.

    Raises:
        NotFoundError: if there is no fallback of that id.
        ConflictError: if the fallback that is named cannot be used.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        former = await open_crisis(connection)
        today = now.astimezone(ZoneInfo(timezone)).date()
        situation = await read_situation(connection, word.shedding_level, today, timezone)
        prepared = await prepare_fallback(connection, situation, fallback_id, timezone)
    return crisis_plan(word, former, situation, prepared)
