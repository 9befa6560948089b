"""Flow: tell administrators and coordinators that the schedule's resilience needs them."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncEngine

from flows.platform.events import announce
from flows.platform.policies import ALERT
from flows.platform.requests import start_requested_flows
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run
from residency.messaging.alerts import AlertOutcome, AlertRequest, raise_alert
from residency.messaging.escalation import EscalationOutcome, escalate
from residency.program.vocabulary import AlertLevel
from residency.reports.markdown import escape
from residency.store.idempotency import default_key


def _run_name() -> str:
    parameters = flow_run.parameters
    return f"{parameters['level']} alert: {parameters['category']}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


@task(name="store alert and messages", cache_policy=NO_CACHE)
async def store_alert(
    engine: AsyncEngine, request: AlertRequest, key: str, raised_by: str, webhook_configured: bool
) -> AlertOutcome:
    """Raise the alert in one transaction; see :func:`residency.messaging.alerts.raise_alert`."""
    async with engine.begin() as connection:
        return await raise_alert(
            connection,
            request,
            key=key,
            raised_by=raised_by,
            now=datetime.now(UTC),
            webhook_configured=webhook_configured,
        )


@task(name="escalate alert", cache_policy=NO_CACHE)
async def escalate_alert(engine: AsyncEngine, alert_id: UUID, webhook_configured: bool) -> EscalationOutcome:
    """Raise an open alert by one level; see :func:`residency.messaging.escalation.escalate`."""
    async with engine.begin() as connection:
        return await escalate(
            connection, alert_id, now=datetime.now(UTC), webhook_configured=webhook_configured
        )


@task(name="publish alert", cache_policy=NO_CACHE)
async def publish_alert(run_id: UUID, request: AlertRequest, outcome: AlertOutcome) -> None:
    """Show the alert in the Prefect UI and announce it as an event."""
    told = (
        f"It joined the open alert, which has now been raised {outcome.occurrences} times."
        if outcome.joined
        else f"{outcome.notified} people have it in their inbox; {outcome.emails_queued} e-mails and "
        f"{outcome.webhooks_queued} webhook calls are queued."
    )
    required = "\n\nSomebody must acknowledge it." if outcome.acknowledgement_required else ""
    await acreate_markdown_artifact(
        key="resilience-alert",
        markdown=f"# {request.level.capitalize()} alert\n\n{escape(request.message)}\n\n{told}{required}\n",
        description=f"{request.level} alert: {request.category}",
    )
    announce(
        "resilience_alert.raised",
        f"resilience-alert.{outcome.alert_id}",
        {"level": request.level, "category": request.category, "joined": outcome.joined},
        run_id,
    )


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
        if escalates is not None:
            escalation = await escalate_alert(run.engine, escalates, run.webhook_configured)
            await start_requested_flows(run.engine)
            return await run.finish(escalation.result, escalation.model_dump(mode="json"))
        request = AlertRequest(level=level, category=category, message=message, details=details or {})
        key = idempotency_key or default_key(run.start.task, run.start.params, run.answers_for)
        outcome = await store_alert(run.engine, request, key, run.start.task, run.webhook_configured)
        if not outcome.replayed:
            await publish_alert(run.run_id, request, outcome)
        await start_requested_flows(run.engine)
        get_run_logger().info("%s alert %s: %d told", level, outcome.alert_id, outcome.notified)
        return await run.finish("joined" if outcome.joined else "raised", outcome.model_dump(mode="json"))
