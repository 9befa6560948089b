"""Announcing what a run found as a Prefect event, the same event however often the run is tried."""

from typing import Any
from uuid import UUID, uuid5

from prefect.events import emit_event


def announce(event: str, resource: str, payload: dict[str, Any], cause: UUID) -> None:
    """Emit ``residency.<event>`` with an id that follows from its cause, so that a repetition adds none.

    Args:
        event: what happened, such as ``health_check.completed``.
        resource: what it happened to, such as ``health-check``.
        payload: facts that name no person.
        cause: the run or row that it follows from.
    """
    emit_event(
        event=f"residency.{event}",
        resource={"prefect.resource.id": f"residency.{resource}"},
        payload=payload,
        id=uuid5(cause, event),
    )
