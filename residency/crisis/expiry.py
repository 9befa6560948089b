"""Requests that nobody decided in time."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from residency.crisis.calls import ask_no_longer
from residency.crisis.transactions import held_crises
from residency.store.crises import Event, add_event
from residency.store.crisis_requests import expire_requests


async def expire_overdue(engine: AsyncEngine, now: datetime) -> int:
    """Mark requests whose time is over, in a transaction that stands whatever follows; how many they were."""
    async with held_crises(engine) as connection:
        expired = await expire_requests(connection, now)
        for request_id in expired:
            told = f"Nobody decided crisis request {request_id} in time."
            event = Event("crisis_expired", "minor", told, "residency", previous="pending", next="expired")
            await add_event(connection, event, at=now, run_id=None)
            await ask_no_longer(connection, request_id, now)
    return len(expired)
