"""Flow: tell administrators and coordinators that the schedule's resilience needs them."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from prefect import flow
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from pydantic import Field

from flows.platform.policies import ALERT
from flows.platform.process import prepare
from flows.platform.requests import start_requested_flows
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run
from residency.program.vocabulary import AlertLevel

prepare("flows.steps.send_resilience_alert")


def _run_name() -> str:
    parameters = flow_run.parameters
    return f"{parameters['level']} alert: {parameters['category']}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


@flow(
    name="send_resilience_alert",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **ALERT,
)
async def send_resilience_alert(
    level: AlertLevel,
    category: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[a-z0-9_:-]+$")],
    message: Annotated[str, Field(min_length=1, max_length=2000)],
    details: dict[str, Any] | None = None,
    idempotency_key: Annotated[str, Field(min_length=1, max_length=255)] | None = None,
    escalates: UUID | None = None,
) -> dict[str, Any]:
    """Raise a resilience alert: in the app at once, by mail and webhook through the outbox.

    Args:
        level: info, warning, critical or emergency.
        category: what the alert is about, in lower case, such as ``health_check``.
        message: the sentence people read; it names no person.
        details: further facts for the application.
        idempotency_key: the same key and alert is answered as the first time.
        escalates: the open alert to raise one level, unless it has been acknowledged; then the other
            parameters only describe it. Every alert asks for this run of its own accord.
    """
    async with task_run("send_resilience_alert") as run:
        from flows.steps import send_resilience_alert as steps

        if escalates is not None:
            escalation = await steps.escalate_alert(run.engine, escalates, run.webhook_configured)
            await start_requested_flows(run.engine)
            return await run.finish(escalation.result, escalation.model_dump(mode="json"))
        request = steps.AlertRequest(level=level, category=category, message=message, details=details or {})
        outcome = await steps.store_alert(run, request, idempotency_key)
        if not outcome.replayed:
            await steps.publish_alert(run.run_id, request, outcome)
        await start_requested_flows(run.engine)
        get_run_logger().info("%s alert %s: %d told", level, outcome.alert_id, outcome.notified)
        return await run.finish("joined" if outcome.joined else "raised", outcome.model_dump(mode="json"))
