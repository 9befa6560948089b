"""Flow: what breaks when one person, or any two together, are lost?"""

import asyncio
from datetime import UTC, datetime, timedelta
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
from flows.platform.policies import CONTINGENCY, DAILY
from flows.platform.progress import progress_bar
from flows.platform.requests import start_requested_flows
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.schedule import load_schedule
from flows.platform.task_run import TaskRunFrame, task_run
from residency.messaging.escalation import resolve_category
from residency.messaging.outbox import FlowRunRequest, request_flow_run
from residency.program.calendar import Period
from residency.program.vocabulary import AlertLevel
from residency.reports.contingency_page import contingency_sentences, render_contingency
from residency.reports.markdown import escape
from residency.resilience.contingency import analyze
from residency.resilience.phase_transition import PhaseInputs
from residency.resilience.results import ContingencyReport, PhaseRisk
from residency.resilience.utilization import utilization
from residency.store.program_loader import latest_change_count
from residency.store.resilience_results import save_contingency
from residency.store.snapshots import LoadedSnapshot

USUAL_DAYS = 90
"""A report over the published schedule of this many days is the one that others go by."""

_CHANGES_WINDOW = timedelta(days=7)


def _run_name() -> str:
    days = flow_run.parameters["days_ahead"]
    return f"contingency analysis {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {days} days"


@task(name="analyse losses", cache_policy=NO_CACHE)
async def analyse(engine: AsyncEngine, loaded: LoadedSnapshot, now: datetime) -> ContingencyReport:
    """The report, people by pseudonym, computed in a thread that ends with the run's deadline."""
    async with engine.connect() as connection:
        changes = await latest_change_count(connection, loaded.version_ids, now - _CHANGES_WINDOW)
    phase = PhaseInputs(utilization=utilization(loaded.snapshot), changes_last_7_days=changes)
    async with progress_bar("Contingency analysis") as progress:
        return await asyncio.to_thread(
            analyze, loaded.snapshot, labels=loaded.snapshot.pseudonyms, phase=phase, progress=progress
        )


@task(name="store contingency report", cache_policy=NO_CACHE)
async def store_report(
    run: TaskRunFrame, report: ContingencyReport, version_id: UUID, *, standing: bool
) -> UUID:
    """Store the report and, when it is the one to go by, the alert that it calls for, in one transaction."""
    level = _alert_level(report) if standing else None
    async with run.engine.begin() as connection:
        report_id = await save_contingency(
            connection, report, at=run.now, version_id=version_id, run_id=run.run_id, standing=standing
        )
        if standing and level is None:
            await resolve_category(connection, "contingency")
        if level is not None:
            key = f"contingency:{run.run_id}:{level}"
            parameters = {
                "level": level,
                "category": "contingency",
                "message": " ".join(contingency_sentences(report))[:2000],
                "details": {"report_id": str(report_id), "phase_risk": report.phase_risk},
                "idempotency_key": key,
            }
            alert = FlowRunRequest(flow="send_resilience_alert", parameters=parameters, dedup_key=key)
            await request_flow_run(connection, alert)
    return report_id


def _alert_level(report: ContingencyReport) -> AlertLevel | None:
    if report.phase_risk is PhaseRisk.CRITICAL:
        return AlertLevel.CRITICAL
    return None if report.n1_pass else AlertLevel.WARNING


@task(name="publish that there is nothing to analyse", cache_policy=NO_CACHE)
async def publish_nothing(why: str) -> None:
    """Take the place of a former report in the Prefect UI, which would look as if it still held."""
    await acreate_markdown_artifact(
        key="contingency-analysis", markdown=f"# Contingency\n\n**No data.** {escape(why)}\n", description=why
    )


@task(name="publish contingency report", cache_policy=NO_CACHE)
async def publish_report(run: TaskRunFrame, report: ContingencyReport) -> None:
    """Show the report in the Prefect UI and announce it as an event."""
    await acreate_markdown_artifact(
        key="contingency-analysis",
        markdown=render_contingency(report, at=run.now, timezone=run.timezone),
        description=" ".join(contingency_sentences(report)[:1]),
    )
    announce(
        "contingency.completed",
        "contingency",
        {"n1_pass": report.n1_pass, "n2_pass": report.n2_pass, "phase_risk": report.phase_risk},
        run.run_id,
    )


@flow(
    name="run_contingency_analysis",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **CONTINGENCY,
)
async def run_contingency_analysis(
    days_ahead: Annotated[int, Field(ge=1, le=366)] = USUAL_DAYS, version_id: UUID | None = None
) -> dict[str, Any]:
    """Find out whose loss, alone or in pairs, the schedule cannot absorb.

    Args:
        days_ahead: how many days from today are analysed.
        version_id: a schedule version to analyse instead of the published ones.
    """
    async with task_run("run_contingency_analysis", DAILY) as run:
        if run.too_late:
            return await run.finish("skipped")
        loaded = await load_schedule(run, Period.horizon(run.today, days_ahead), version_id)
        if not loaded.version_ids:
            await publish_nothing(run.warnings[-1])
            return await run.finish("no_data")
        report = await analyse(run.engine, loaded, run.now)
        report = report.model_copy(update={"warnings": (*run.warnings, *report.warnings)})
        standing = version_id is None and days_ahead == USUAL_DAYS
        await store_report(run, report, loaded.version_ids[0], standing=standing)
        await publish_report(run, report)
        await start_requested_flows(run.engine)
        for sentence in contingency_sentences(report):
            get_run_logger().info(sentence)
        run.warnings[:] = report.warnings
        status = "pass" if report.n1_pass and report.n2_pass else "fail"
        return await run.finish(status, report.model_dump(mode="json"), input_hash=report.input_hash)
