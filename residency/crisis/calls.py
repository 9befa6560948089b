"""The call for a second person who decides a request: an alert that is wished for, and taken back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from residency.crisis.asking import CrisisWord
from residency.messaging.escalation import resolve_category
from residency.messaging.outbox import FlowRunRequest, request_flow_run, withdraw
from residency.program.vocabulary import AlertLevel
from residency.store.crisis_requests import StoredRequest, list_requests

REQUEST_CATEGORY = "crisis_request"
"""Of these alerts; they close when no request waits any more."""


async def ask_no_longer(connection: AsyncConnection, request_id: UUID, now: datetime) -> None:
    """Take back the call for a second person, and close its alert when no other request waits."""
    await withdraw(connection, f"{REQUEST_CATEGORY}:{request_id}", now)
    if not await list_requests(connection, ["pending"], 1):
        await resolve_category(connection, REQUEST_CATEGORY)


async def ask_for_second_person(
    connection: AsyncConnection, request: StoredRequest, word: CrisisWord
) -> None:
    """Wish for the alert by which administrators and coordinators learn that one of them is needed."""
    key = f"{REQUEST_CATEGORY}:{request.id}"
    message = (
        f"A crisis response is requested ({word}, load shed to {word.shedding_level}) and waits until "
        f"{request.expires_at:%Y-%m-%d %H:%M} UTC for a second person: "
        f"`residency crisis approve {request.id} --by NAME`, or `decline`."
    )
    parameters = {
        "level": AlertLevel.WARNING,
        "category": REQUEST_CATEGORY,
        "message": message,
        "details": {"request_id": str(request.id)},
        "idempotency_key": key,
    }
    alert = FlowRunRequest(flow="send_resilience_alert", parameters=parameters, dedup_key=key)
    await request_flow_run(connection, alert)
