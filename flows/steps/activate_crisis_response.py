"""Steps of ``activate_crisis_response``: trying out, requesting, approving, publishing what came of it."""

from typing import Any
from uuid import UUID

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.platform.events import announce
from flows.platform.task_run import TaskRunFrame
from residency.crisis.activation import approve_request
from residency.crisis.asking import CrisisAsk, CrisisWord
from residency.crisis.requests import Filed, file_request, word_of
from residency.crisis.simulation import simulate_crisis
from residency.reports.crisis_page import render_activation, render_awaiting, render_simulation
from residency.reports.crisis_sentences import outcome_sentences, plan_sentences
from residency.resilience.crisis_results import CrisisOutcome, CrisisPlan

ARTIFACT = "crisis-response"


def asked(
    reason: str,
    requested_by: str,
    idempotency_key: str,
    level: str | None,
    severity: str | None,
    fallback_id: UUID | None,
    *,
    to_critical: bool,
) -> CrisisAsk:
    """The request that the flow's parameters make, refused where they make none."""
    word = CrisisWord(level, severity, to_critical)
    return CrisisAsk(word, reason, requested_by, idempotency_key, fallback_id)


@task(name="simulate crisis response", cache_policy=NO_CACHE)
async def simulate(run: TaskRunFrame, ask: CrisisAsk) -> CrisisPlan:
    """Show the plan and change nothing."""
    plan = await simulate_crisis(
        run.engine, ask.word, now=run.now, timezone=run.timezone, fallback_id=ask.fallback_id
    )
    run.warnings.extend(plan.notes)
    await acreate_markdown_artifact(
        key=ARTIFACT,
        markdown=render_simulation(plan, at=run.now, timezone=run.timezone),
        description=f"Simulated: {plan_sentences(plan)[0]}",
    )
    return plan


@task(name="file crisis request", cache_policy=NO_CACHE)
async def file(run: TaskRunFrame, ask: CrisisAsk, approver: str | None) -> Filed:
    """Store the request; see :func:`residency.crisis.requests.file_request`."""
    return await file_request(run.engine, ask, now=run.now, approver=approver, run_id=run.run_id)


@task(name="publish crisis request", cache_policy=NO_CACHE)
async def publish_request(run: TaskRunFrame, filed: Filed) -> str:
    """Show that the request waits, or what became of it; gives the run's status."""
    request = filed.request
    page = render_awaiting(
        request.id,
        str(word_of(request)),
        request.expires_at,
        status=request.status,
        timezone=run.timezone,
    )
    waits = request.status == "pending"
    status = "awaiting_approval" if waits else request.status
    description = "A crisis response waits for a second person." if waits else f"The request was {status}."
    await acreate_markdown_artifact(key=ARTIFACT, markdown=page, description=description)
    if waits:
        announce(
            "crisis.requested", f"crisis-request.{request.id}", {"word": str(word_of(request))}, request.id
        )
    return status


def request_facts(filed: Filed) -> dict[str, Any]:
    """What the run's result says of a request."""
    request = filed.request
    return {
        "request_id": str(request.id),
        "status": request.status,
        "expires_at": request.expires_at.isoformat(),
        "crisis_id": str(request.crisis_id) if request.crisis_id else None,
        "replayed": filed.replayed,
        "outcome": request.outcome or None,
    }


@task(name="activate crisis response", cache_policy=NO_CACHE)
async def approve(run: TaskRunFrame, filed: Filed, approver: str) -> CrisisOutcome:
    """Approve and activate; see :func:`residency.crisis.activation.approve_request`."""
    outcome = await approve_request(
        run.engine,
        filed.request.id,
        by=approver,
        now=run.now,
        timezone=run.timezone,
        field="approved_by",
        run_id=run.run_id,
    )
    run.warnings.extend(outcome.plan.notes)
    told = outcome_sentences(outcome)
    for sentence in told:
        get_run_logger().info(sentence)
    await acreate_markdown_artifact(
        key=ARTIFACT,
        markdown=render_activation(outcome, timezone=run.timezone),
        description=told[0],
    )
    announce(
        f"crisis.{outcome.result}",
        f"crisis.{outcome.crisis_id}",
        {"level": outcome.plan.load.level, "version_id": str(outcome.version_id or "")},
        outcome.request_id,
    )
    return outcome
