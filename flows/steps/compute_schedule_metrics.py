"""Steps of ``compute_schedule_metrics``: storing what was found, and the pages of scorecard and fairness."""

from dataclasses import asdict
from datetime import date
from uuid import UUID

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.platform.events import announce
from flows.platform.measuring import load_both, measure_schedule, measured_period
from flows.platform.task_run import TaskRunFrame
from residency.messaging.outbox import FlowRunRequest, request_flow_run
from residency.quality.measuring import MeasuredSchedule
from residency.quality.results import ScheduleMetrics
from residency.reports.fairness_page import render_fairness
from residency.reports.quality_sentences import fairness_sentence, schedule_sentences
from residency.reports.scorecard_page import LastSnapshot, render_scorecard
from residency.store.acgme_findings import save_findings
from residency.store.measured_schedules import LoadedMeasurement
from residency.store.metrics_snapshots import day_bucket, newest_metrics


async def measured_over(
    run: TaskRunFrame, start: date | None, end: date | None, version_id: UUID | None
) -> tuple[LoadedMeasurement, MeasuredSchedule]:
    """The schedule of the days asked for, and its measures."""
    found = await load_both(run, measured_period(run, start, end), version_id)
    return found, await measure_schedule(run, found)


@task(name="store findings and ask for the daily snapshot", cache_policy=NO_CACHE)
async def store(
    run: TaskRunFrame, found: LoadedMeasurement, measured: MeasuredSchedule, *, usual: bool
) -> dict[str, int] | None:
    """Take over the findings and, for the usual period, wish for the day's snapshot, in one transaction.

    Returns:
        How many findings are new, known, open again and closed; None where nothing was judged.
    """
    saved = None
    async with run.engine.begin() as connection:
        if measured.judged is not None:
            saved = await save_findings(
                connection,
                measured.judged.judgement,
                measured.judged.fixed_only,
                version_id=found.loaded.version_id,
                run_id=run.run_id,
                at=run.now,
                period=found.loaded.snapshot.period,
            )
        if usual:
            wish = FlowRunRequest(
                flow="snapshot_metrics",
                parameters={"kind": "daily", "metrics_run": str(run.run_id)},
                dedup_key=f"daily-snapshot:{run.run_id}",
            )
            await request_flow_run(connection, wish)
    return asdict(saved) if saved else None


@task(name="publish scorecard", cache_policy=NO_CACHE)
async def publish(run: TaskRunFrame, metrics: ScheduleMetrics) -> None:
    """Show scorecard and fairness in the Prefect UI, arrows against the last day's, and announce them."""
    async with run.engine.connect() as connection:
        before = day_bucket(run.today, run.timezone)
        last = await newest_metrics(connection, kind="daily", before=before)
    sentences = schedule_sentences(metrics)
    for sentence in sentences:
        get_run_logger().info(sentence)
    await acreate_markdown_artifact(
        key="schedule-scorecard",
        markdown=render_scorecard(
            metrics,
            at=run.now,
            timezone=run.timezone,
            last=LastSnapshot(last.metrics, last.taken_at) if last else None,
        ),
        description=" ".join(sentences),
    )
    await acreate_markdown_artifact(
        key="schedule-fairness",
        markdown=render_fairness(metrics, at=run.now, timezone=run.timezone),
        description=fairness_sentence(metrics.fairness) if metrics.fairness else sentences[0],
    )
    announce(
        "schedule_metrics.completed",
        "schedule-metrics",
        {
            "status": metrics.status,
            "fairness": metrics.fairness.overall if metrics.fairness else None,
            "coverage": metrics.coverage.overall if metrics.coverage else None,
            "compliance": metrics.compliance.compliance if metrics.compliance else None,
            "grade": metrics.stability.grade if metrics.stability else None,
        },
        run.run_id,
    )
