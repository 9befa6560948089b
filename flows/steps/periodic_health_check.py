"""Steps of ``periodic_health_check``: reading, judging, storing and publishing one verdict."""

from datetime import datetime, timedelta

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.settings import get_current_settings
from sqlalchemy.ext.asyncio import AsyncEngine

from flows.platform.events import announce
from flows.platform.schedule import load_schedule
from flows.platform.task_run import TaskRunFrame
from residency.messaging.escalation import resolve_category
from residency.messaging.outbox import FlowRunRequest, request_flow_run
from residency.program.vocabulary import AlertLevel
from residency.reports.health_page import health_sentences, render_health
from residency.resilience.health import ContingencyVerdict, assess, no_data
from residency.resilience.results import HealthAssessment, HealthStatus
from residency.store.resilience_results import contingency_standing, health_slot, save_health

_ALARMING = frozenset({HealthStatus.CRITICAL, HealthStatus.EMERGENCY})


async def judge(run: TaskRunFrame, horizon_days: int) -> HealthAssessment:
    """The verdict on the days from today, in the log and with the run's warnings in it."""
    period = run.horizon(horizon_days)
    loaded = await load_schedule(run, period)
    if loaded.version_ids:
        assessment = assess(loaded.snapshot, await read_contingency(run.engine, run.now))
        warnings = (*run.warnings, *assessment.warnings)
        assessment = assessment.model_copy(update={"warnings": warnings})
    else:
        assessment = no_data(period, run.warnings[-1])
    run.warnings.extend(warning for warning in assessment.warnings if warning not in run.warnings)
    for sentence in health_sentences(assessment):
        get_run_logger().info(sentence)
    return assessment


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
