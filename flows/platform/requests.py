"""Turning the outbox's wishes for flow runs into flow runs, each once."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from prefect import get_client, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import PrefectClient
from prefect.exceptions import ObjectNotFound
from prefect.logging import get_run_logger
from prefect.states import Scheduled

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from residency.messaging.outbox import FlowRunRequest

_PUT_OFF = timedelta(minutes=15)


@task(name="start requested flows", cache_policy=NO_CACHE)
async def start_requested_flows(engine: "AsyncEngine") -> int:
    """Start every flow run that the outbox wishes for, each wish in a transaction of its own.

    The wish's key is the run's idempotency key, so a crash between starting the run and committing
    ``done_at`` starts no second run: the API answers with the first one. A wish for a flow that is not
    deployed is logged and waits a quarter of an hour; it holds up no other.

    Returns:
        How many wishes were carried out.
    """
    from residency.messaging.outbox import claim_flow_run, mark_done, put_off

    carried_out = 0
    async with get_client() as client:
        while True:
            now = datetime.now(UTC)
            async with engine.begin() as connection:
                claimed = await claim_flow_run(connection, now)
                if claimed is None:
                    return carried_out
                message_id, wish = claimed
                if await _start(client, wish):
                    await mark_done(connection, message_id, now)
                    carried_out += 1
                else:
                    await put_off(connection, message_id, now + _PUT_OFF)


async def _start(client: PrefectClient, wish: "FlowRunRequest") -> bool:
    try:
        deployment = await client.read_deployment_by_name(f"{wish.flow}/{wish.flow}")
    except ObjectNotFound:
        get_run_logger().error("%s is wished for and not deployed; deploy it with prefect.yaml", wish.flow)
        return False
    run = await client.create_flow_run_from_deployment(
        deployment.id,
        parameters=wish.parameters,
        state=Scheduled(scheduled_time=wish.run_at) if wish.run_at else None,
        idempotency_key=wish.dedup_key,
    )
    when = f" for {wish.run_at:%Y-%m-%d %H:%M} UTC" if wish.run_at else ""
    get_run_logger().info("Asked for %s%s as run %s", wish.flow, when, run.id)
    return True
