"""Steps of ``send_resilience_alert``: raising or escalating one alert, and publishing it."""

from datetime import UTC, datetime
from uuid import UUID

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from sqlalchemy.ext.asyncio import AsyncEngine

from flows.platform.events import announce
from flows.platform.task_run import TaskRunFrame
from residency.messaging.alerts import AlertOutcome, AlertRequest, raise_alert
from residency.messaging.escalation import EscalationOutcome, escalate
from residency.reports.markdown import escape
from residency.store.idempotency import default_key


@task(name="store alert and messages", cache_policy=NO_CACHE)
async def store_alert(run: TaskRunFrame, request: AlertRequest, key: str | None) -> AlertOutcome:
    """Raise the alert in one transaction; see :func:`residency.messaging.alerts.raise_alert`.

    Without a key the run's own is taken: its task, parameters and scheduled instant.
    """
    async with run.engine.begin() as connection:
        return await raise_alert(
            connection,
            request,
            key=key or default_key(run.start.task, run.start.params, run.answers_for),
            raised_by=run.start.task,
            now=datetime.now(UTC),
            webhook_configured=run.webhook_configured,
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
