"""Steps of ``periodic_health_check``: reading, judging, storing and publishing one verdict."""

from datetime import timedelta

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.settings import get_current_settings

from flows.platform.events import announce
from flows.platform.schedule import load_schedule
from flows.platform.task_run import TaskRunFrame
from residency.messaging.escalation import resolve_category
from residency.messaging.fallback_requests import request_fallbacks
from residency.messaging.forecast_requests import request_forecast_of_absences
from residency.messaging.outbox import FlowRunRequest, request_flow_run
from residency.program.vocabulary import AlertLevel
from residency.reports.health_page import health_sentences, render_health
from residency.resilience.health import ContingencyVerdict, assess, no_data
from residency.resilience.load_shedding import LoadSheddingLevel
from residency.resilience.phase_transition import phase_risk, with_fallback_days
from residency.resilience.results import ActiveFallback, HealthAssessment, HealthStatus
from residency.resilience.standing import Standing, beside
from residency.store.crises import fallbacks_in_force, open_crisis
from residency.store.fallback_schedules import count_stale, fallback_days_left
from residency.store.resilience_results import contingency_standing, health_slot, save_health

_ALARMING = frozenset({HealthStatus.CRITICAL, HealthStatus.EMERGENCY})


async def judge(run: TaskRunFrame, horizon_days: int) -> HealthAssessment:
    """The verdict on the days from today, in the log and with the run's warnings in it."""
    period = run.horizon(horizon_days)
    loaded = await load_schedule(run, period)
    contingency, standing = await read_standing(run)
    if loaded.version_ids:
        assessment = assess(loaded.snapshot, contingency)
        warnings = (*run.warnings, *assessment.warnings)
        assessment = assessment.model_copy(update={"warnings": warnings})
    else:
        assessment = no_data(period, run.warnings[-1])
    assessment = beside(assessment, standing)
    run.warnings.extend(warning for warning in assessment.warnings if warning not in run.warnings)
    for sentence in health_sentences(assessment):
        get_run_logger().info(sentence)
    return assessment


@task(name="read what stands beside the schedule", cache_policy=NO_CACHE)
async def read_standing(run: TaskRunFrame) -> tuple[ContingencyVerdict | None, Standing]:
    """The newest contingency report's verdict and its age, and the state of crises and fallbacks."""
    async with run.engine.connect() as connection:
        found = await contingency_standing(connection)
        days_left = await fallback_days_left(connection, run.today)
        crisis = await open_crisis(connection)
        standing = Standing(
            crisis=crisis is not None,
            shedding_level=crisis.shedding_level if crisis else LoadSheddingLevel.NORMAL,
            active=tuple(
                ActiveFallback(
                    fallback_id=str(each.fallback_id), scenario=each.scenario, coverage=each.coverage
                )
                for each in await fallbacks_in_force(connection)
            ),
            fallback_days_left=days_left,
            stale=await count_stale(connection, run.today),
        )
    if found is None:
        return None, standing
    indicators = with_fallback_days(found.phase_indicators, days_left)
    contingency = ContingencyVerdict(
        n1_pass=found.n1_pass,
        n2_pass=found.n2_pass,
        phase_risk=phase_risk(indicators),
        age_hours=(run.now - found.at) / timedelta(hours=1),
        indicators=indicators,
    )
    return contingency, standing


@task(name="store health check", cache_policy=NO_CACHE)
async def store_health(run: TaskRunFrame, assessment: HealthAssessment, horizon_days: int) -> None:
    """Store the check and, in the same transaction, the wishes that follow from it."""
    slot = health_slot(run.answers_for)
    async with run.engine.begin() as connection:
        await save_health(
            connection, assessment, at=run.now, slot=slot, horizon_days=horizon_days, run_id=run.run_id
        )
        await request_forecast_of_absences(connection)
        cause = f"health:{slot.isoformat()}:{horizon_days}"
        if assessment.contingency_requested:
            request = FlowRunRequest(
                flow="run_contingency_analysis", parameters={}, dedup_key=f"{cause}:contingency"
            )
            await request_flow_run(connection, request)
        if assessment.fallbacks_requested:
            await request_fallbacks(connection, run.today)
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
