"""Starting the flow runs that a command has just wished for, without waiting for the next flow to do so."""

from datetime import UTC, datetime, timedelta

from residency.settings import Settings
from stack.database import program_database
from stack.prefect_api import PrefectApi, PrefectApiError, prefect_api

_PUT_OFF = timedelta(minutes=15)
"""How long a wish waits for a flow that is not deployed, and holds up no other."""


async def carry_out_wishes(settings: Settings) -> str | None:
    """Start the flow runs that the outbox wishes for, each in a transaction of its own.

    As in :func:`flows.platform.requests.start_requested_flows`, the wish's key is the run's idempotency key,
    so that neither of the two starts a run that the other has started.

    Returns:
        None when all were started, else a sentence that says why not; whatever is left waits for the next run
        of any flow that starts wishes, such as the health check.
    """
    from residency.messaging.outbox import claim_flow_run, mark_done, put_off

    missing: str | None = None

    with prefect_api(settings) as api:
        async with program_database(settings) as engine:
            while True:
                now = datetime.now(UTC)
                async with engine.connect() as connection, connection.begin() as transaction:
                    claimed = await claim_flow_run(connection, now)
                    if claimed is None:
                        return missing
                    message_id, wish = claimed
                    try:
                        started = _start(api, wish.flow, wish.model_dump(mode="json"))
                    except PrefectApiError as error:
                        await transaction.rollback()
                        return str(error)
                    if started:
                        await mark_done(connection, message_id, now)
                    else:
                        missing = f"{wish.flow} is not deployed"
                        await put_off(connection, message_id, now + _PUT_OFF)


def _start(api: PrefectApi, flow: str, wish: dict[str, object]) -> bool:
    """Start one run; False when its flow is not deployed."""
    deployment = api.ask("GET", f"/deployments/name/{flow}/{flow}", missing=None)
    if deployment is None:
        return False
    body: dict[str, object] = {"parameters": wish["parameters"], "idempotency_key": wish["dedup_key"]}
    if wish["run_at"] is not None:
        body["state"] = {"type": "SCHEDULED", "state_details": {"scheduled_time": wish["run_at"]}}
    api.ask("POST", f"/deployments/{deployment['id']}/create_flow_run", body)
    return True
