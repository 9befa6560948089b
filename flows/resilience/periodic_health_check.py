"""Flow: is the schedule of the next days covered, and how close to its limits does it run?"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.settings import get_current_settings
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncEngine

from flows.platform.events import announce
from flows.platform.policies import HEALTH_CHECK, QUARTER_HOURLY
from flows.platform.requests import start_requested_flows
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.schedule import load_schedule
from flows.platform.task_run import TaskRunFrame, task_run
from residency.messaging.escalation import resolve_category
from residency.messaging.outbox import FlowRunRequest, request_flow_run
from residency.program.calendar import Period
from residency.program.vocabulary import AlertLevel
from residency.reports.health_page import health_sentences, render_health
from residency.resilience.health import ContingencyVerdict, assess, no_data
from residency.resilience.results import HealthAssessment, HealthStatus
from residency.store.resilience_results import contingency_standing, health_slot, save_health

_ALARMING = frozenset({HealthStatus.CRITICAL, HealthStatus.EMERGENCY})


def _run_name() -> str:
    return f"health check {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {flow_run.parameters['horizon_days']} days"


@task(name="read contingency verdict", cache_policy=NO_CACHE)
async def read_contingency(engine: AsyncEngine, now: datetime) -> ContingencyVerdict | None:
    """The newest contingency report's verdict and its age."""
    async with engine.connect() as connection:
        standing = await contingency_standing(connection)
    if standing is None:
        return None
    return ContingencyVerdict(
        n1_pass=standing.n1_pass,
        n2_pass=standing.n2_pass,
        phase_risk=standing.phase_risk,
        age_hours=(now - standing.at) / timedelta(hours=1),
    )


@task(name="store health check", cache_policy=NO_CACHE)
async def store_health(run: TaskRunFrame, assessment: HealthAssessment, horizon_days: int) -> None:
    """Store the check and, in the same transaction, the wishes that follow from it."""
    slot = health_slot(run.answers_for)
    async with run.engine.begin() as connection:
        await save_health(
            connection, assessment, at=run.now, slot=slot, horizon_days=horizon_days, run_id=run.run_id
        )
        cause = f"health:{slot.isoformat()}:{horizon_days}"
        if assessment.contingency_requested:
            request = FlowRunRequest(
                flow="run_contingency_analysis", parameters={}, dedup_key=f"{cause}:contingency"
            )
            await request_flow_run(connection, request)
        if assessment.status not in _ALARMING:
            await resolve_category(connection, "health_check")
        else:
            key = f"{cause}:{assessment.status}"
            parameters = {
                "level": AlertLevel.CRITICAL,
                "category": "health_check",
                "message": " ".join(health_sentences(assessment))[:2000],
                "details": {"status": assessment.status, "slot": slot.isoformat()},
                "idempotency_key": key,
            }
            alert = FlowRunRequest(flow="send_resilience_alert", parameters=parameters, dedup_key=key)
            await request_flow_run(connection, alert)


@task(name="publish health check", cache_policy=NO_CACHE)
async def publish_health(run: TaskRunFrame, assessment: HealthAssessment) -> None:
    """Show the verdict in the Prefect UI and announce it as an event."""
    ui = get_current_settings().ui_url
    report_url = f"{ui}/artifacts/key/contingency-analysis" if ui else None
    await acreate_markdown_artifact(
        key="health-check",
        markdown=render_health(assessment, at=run.now, timezone=run.timezone, report_url=report_url),
        description=" ".join(health_sentences(assessment)[:1]),
    )
    announce(
        "health_check.completed",
        "health-check",
        {
            "status": assessment.status,
            "utilization_level": assessment.utilization_level,
            "defense_level": assessment.defense_level,
            "coverage": assessment.coverage,
        },
        run.run_id,
    )


@flow(
    name="periodic_health_check",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **HEALTH_CHECK,
)
async def periodic_health_check(horizon_days: Annotated[int, Field(ge=1, le=366)] = 7) -> dict[str, Any]:
    """Judge coverage, utilization and redundancy of the published schedule.

    Args:
        horizon_days: how many days from today are judged.
    """
    async with task_run("periodic_health_check", QUARTER_HOURLY) as run:
        if run.too_late:
            return await run.finish("skipped")
        loaded = await load_schedule(run, Period.horizon(run.today, horizon_days))
        if loaded.version_ids:
            assessment = assess(loaded.snapshot, await read_contingency(run.engine, run.now))
            warnings = (*run.warnings, *assessment.warnings)
            assessment = assessment.model_copy(update={"warnings": warnings})
        else:
            assessment = no_data(Period.horizon(run.today, horizon_days), run.warnings[-1])
        await store_health(run, assessment, horizon_days)
        await publish_health(run, assessment)
        await start_requested_flows(run.engine)
        run.warnings.extend(warning for warning in assessment.warnings if warning not in run.warnings)
        for sentence in health_sentences(assessment):
            get_run_logger().info(sentence)
        return await run.finish(
            assessment.status, assessment.model_dump(mode="json"), input_hash=assessment.input_hash or None
        )
