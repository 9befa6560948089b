"""Steps of ``run_contingency_analysis``: analysing, storing and publishing one report."""

import asyncio
import hashlib
import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.platform.code_version import code_version
from flows.platform.events import announce
from flows.platform.progress import progress_bar
from flows.platform.result_cache import cached
from flows.platform.task_run import TaskRunFrame
from residency.messaging.escalation import resolve_category
from residency.messaging.outbox import FlowRunRequest, request_flow_run
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AlertLevel
from residency.reports.contingency_page import contingency_sentences, render_contingency
from residency.reports.markdown import escape
from residency.resilience.contingency import analyze
from residency.resilience.phase_transition import PhaseInputs
from residency.resilience.results import ContingencyReport, PhaseRisk
from residency.resilience.utilization import utilization
from residency.store.fallback_schedules import fallback_days_left
from residency.store.program_loader import latest_change_count
from residency.store.resilience_results import save_contingency
from residency.store.snapshots import LoadedSnapshot

_CHANGES_WINDOW = timedelta(days=7)
FROM_CACHE = "Taken from the cache: nothing that it depends on has changed since it was analysed."
_COMPUTED_BY = ("residency.program", "residency.resilience")
"""The packages whose code decides what a report says."""


async def report_of(run: TaskRunFrame, loaded: LoadedSnapshot) -> tuple[ContingencyReport, bool]:
    """The report, people by pseudonym, and whether an earlier run had analysed the very same.

    The run's warnings are part of it.
    """
    async with run.engine.connect() as connection:
        changes = await latest_change_count(connection, loaded.version_ids, run.now - _CHANGES_WINDOW)
        days_left = await fallback_days_left(connection, run.today)
    phase = PhaseInputs(
        utilization=utilization(loaded.snapshot), changes_last_7_days=changes, fallback_days_left=days_left
    )
    report, from_cache = await cached(
        run,
        analyse,
        analysis_key(loaded.snapshot, phase),
        ContingencyReport.model_validate,
        loaded.snapshot,
        phase,
    )
    return report.model_copy(update={"warnings": (*run.warnings, *report.warnings)}), from_cache


def analysis_key(snapshot: Snapshot, phase: PhaseInputs) -> str:
    """Names all that an analysis depends on: the snapshot with its period, the inputs beside it, the code."""
    inputs = [snapshot.input_hash, asdict(phase), code_version(*_COMPUTED_BY)]
    return f"contingency-{hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()}"


@task(name="analyse losses")
async def analyse(snapshot: Snapshot, phase: PhaseInputs) -> dict[str, Any]:
    """The report as JSON, computed in a thread that ends with the run's deadline."""
    async with progress_bar("Contingency analysis") as progress:
        report = await asyncio.to_thread(
            analyze, snapshot, labels=snapshot.pseudonyms, phase=phase, progress=progress
        )
    return report.model_dump(mode="json")


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


def sentences(report: ContingencyReport, *, from_cache: bool) -> list[str]:
    """What the run's log says of a report."""
    return [*contingency_sentences(report), *([FROM_CACHE] if from_cache else [])]


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
async def publish_report(run: TaskRunFrame, report: ContingencyReport, *, from_cache: bool) -> None:
    """Show the report in the Prefect UI and announce it as an event."""
    page = render_contingency(report, at=run.now, timezone=run.timezone)
    headline = " ".join(contingency_sentences(report)[:1])
    await acreate_markdown_artifact(
        key="contingency-analysis",
        markdown=f"{page.rstrip()}\n\n{FROM_CACHE}\n" if from_cache else page,
        description=f"{headline} {FROM_CACHE}" if from_cache else headline,
    )
    announce(
        "contingency.completed",
        "contingency",
        {"n1_pass": report.n1_pass, "n2_pass": report.n2_pass, "phase_risk": report.phase_risk},
        run.run_id,
    )
