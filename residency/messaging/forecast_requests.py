"""Wishing for a new utilization forecast when what it rests on has changed."""

from sqlalchemy.ext.asyncio import AsyncConnection

from residency.messaging.outbox import FlowRunRequest, request_flow_run
from residency.store.utilization_forecasts import unforecast_absences

FLOW = "generate_utilization_forecast"


async def request_forecast_of_absences(connection: AsyncConnection) -> bool:
    """Wish for a forecast if an absence has changed since the newest one, whoever changed it.

    Returns:
        Whether one is called for; the wish for one and the same change is stored once.
    """
    changed = await unforecast_absences(connection)
    if changed is None:
        return False
    key = f"absences_changed:{changed.isoformat()}:{FLOW}"
    await request_flow_run(connection, FlowRunRequest(flow=FLOW, parameters={}, dedup_key=key))
    return True
