"""Steps of ``deactivate_crisis_response``: ending the crisis and publishing the way back."""

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.platform.events import announce
from flows.platform.task_run import TaskRunFrame
from residency.crisis.deactivation import deactivate_crisis
from residency.reports.crisis_page import render_recovery
from residency.reports.crisis_sentences import recovery_sentences
from residency.resilience.crisis_results import RecoveryOutcome


@task(name="end crisis", cache_policy=NO_CACHE)
async def end(run: TaskRunFrame, reason: str, by: str) -> RecoveryOutcome:
    """End the open crisis; see :func:`residency.crisis.deactivation.deactivate_crisis`."""
    return await deactivate_crisis(run.engine, reason=reason, by=by, now=run.now, run_id=run.run_id)


@task(name="publish end of crisis", cache_policy=NO_CACHE)
async def publish(run: TaskRunFrame, outcome: RecoveryOutcome) -> None:
    """Show the recovery plan in the Prefect UI and announce the end as an event."""
    told = recovery_sentences(outcome)
    for sentence in told:
        get_run_logger().info(sentence)
    await acreate_markdown_artifact(
        key="crisis-response",
        markdown=render_recovery(outcome, at=run.now, timezone=run.timezone),
        description=told[0],
    )
    if outcome.crisis_id is not None:
        announce(
            "crisis.deactivated",
            f"crisis.{outcome.crisis_id}",
            {"from_level": outcome.from_level, "fallbacks_off": outcome.fallbacks_off},
            outcome.crisis_id,
        )
