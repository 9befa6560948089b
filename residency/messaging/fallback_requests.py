"""The wish that fallback schedules be computed anew, at most one for each day."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from residency.messaging.outbox import FlowRunRequest, request_flow_run


async def request_fallbacks(connection: AsyncConnection, today: date) -> bool:
    """Wish for new fallback schedules in the running transaction; False when they were wished for today."""
    request = FlowRunRequest(
        flow="precompute_fallback_schedules", parameters={}, dedup_key=f"fallbacks:{today.isoformat()}"
    )
    return await request_flow_run(connection, request)
