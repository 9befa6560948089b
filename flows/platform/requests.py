"""Turning the outbox's wishes for flow runs into flow runs, each once."""

from datetime import UTC, datetime

from prefect import get_client, task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.states import Scheduled
from sqlalchemy.ext.asyncio import AsyncEngine

from residency.messaging.outbox import claim_flow_runs, mark_done


@task(name="start requested flows", cache_policy=NO_CACHE)
async def start_requested_flows(engine: AsyncEngine) -> int:
    """Start every flow run that the outbox wishes for.

    The wish's key is the run's idempotency key, so a crash between starting the run and committing
    ``done_at`` starts no second run: the API answers with the first one.

    Returns:
        How many wishes were carried out.
    """
    now = datetime.now(UTC)
    async with engine.begin() as connection, get_client() as client:
        wishes = await claim_flow_runs(connection, now)
        for message_id, wish in wishes:
            deployment = await client.read_deployment_by_name(f"{wish.flow}/{wish.flow}")
            run = await client.create_flow_run_from_deployment(
                deployment.id,
                parameters=wish.parameters,
                state=Scheduled(scheduled_time=wish.run_at) if wish.run_at else None,
                idempotency_key=wish.dedup_key,
            )
            await mark_done(connection, message_id, now)
            when = f" for {wish.run_at:%Y-%m-%d %H:%M} UTC" if wish.run_at else ""
            get_run_logger().info("Asked for %s%s as run %s", wish.flow, when, run.id)
    return len(wishes)
