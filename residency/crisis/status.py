"""How crisis response stands: the open crisis, what is suspended, fallbacks in force, requests that wait."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from residency.resilience.load_shedding import LoadSheddingLevel, Shedding
from residency.store.crises import (
    FallbackInForce,
    StoredCrisis,
    fallbacks_in_force,
    newest_crisis,
    shedding_in_force,
)
from residency.store.crisis_requests import StoredRequest, list_requests

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class CrisisStatus:
    """What any process sees; ``crisis`` is the open one, else the last, None before the first."""

    level: LoadSheddingLevel
    crisis: StoredCrisis | None
    shedding: Shedding | None
    fallbacks: tuple[FallbackInForce, ...]
    pending: tuple[StoredRequest, ...]

    @property
    def is_open(self) -> bool:
        """Whether a crisis is open."""
        return self.crisis is not None and self.crisis.ended_at is None


async def crisis_status(engine: AsyncEngine, now: datetime) -> CrisisStatus:
    """The state as it is stored; requests whose time is over wait no more, whether marked already or not."""
    async with engine.connect() as connection:
        crisis = await newest_crisis(connection)
        is_open = crisis is not None and crisis.ended_at is None
        pending = await list_requests(connection, ["pending"], _SHOWN)
        return CrisisStatus(
            level=crisis.shedding_level if crisis and is_open else LoadSheddingLevel.NORMAL,
            crisis=crisis,
            shedding=await shedding_in_force(connection, crisis.id) if crisis and is_open else None,
            fallbacks=tuple(await fallbacks_in_force(connection)),
            pending=tuple(each for each in pending if each.expires_at > now),
        )
