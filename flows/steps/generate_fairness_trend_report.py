"""Steps of ``generate_fairness_trend_report``: reading or recomputing days, judging them, publishing."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.platform.events import announce
from flows.platform.measuring import USUAL_DAYS
from flows.platform.progress import progress_bar
from flows.platform.task_run import TaskRunFrame
from residency.acgme.rules import rule_set
from residency.program.calendar import Period
from residency.quality.change_results import FairnessTrend
from residency.quality.measuring import overall_fairness
from residency.quality.rebalancing import rebalancing_moves
from residency.quality.trend import DayFairness, fairness_trend, weekly_fairness
from residency.reports.trend_page import render_trend, trend_sentences
from residency.store.metrics_snapshots import daily_metrics
from residency.store.schedules import load_schedule

_WEEK = timedelta(days=7)
_MARGIN_DAYS = 1
"""So that the night before the first day is whole."""


@dataclass(frozen=True, slots=True)
class MeasuredDays:
    """Fairness of the days that were measured, and the Mondays for which it was computed afterwards."""

    days: tuple[DayFairness, ...]
    recomputed: tuple[date, ...]


@task(name="read daily fairness", cache_policy=NO_CACHE)
async def measured_days(run: TaskRunFrame, weeks_back: int) -> MeasuredDays:
    """Fairness of every day of the weeks that has a snapshot; of a week without any, its Monday's.

    A Monday's is computed from the schedule as it is known now.
    """
    this_week = run.today - timedelta(days=run.today.weekday())
    weeks = Period(this_week - weeks_back * _WEEK, this_week)
    async with run.engine.connect() as connection:
        stored = await daily_metrics(connection, weeks, run.timezone)
    days = [
        DayFairness(
            each.bucket_start.astimezone(ZoneInfo(run.timezone)).date(), each.metrics.fairness.overall
        )
        for each in stored
        if each.metrics.fairness is not None
    ]
    measured = {each.day - timedelta(days=each.day.weekday()) for each in days if each.fairness is not None}
    mondays = [weeks.start + week * _WEEK for week in range(weeks_back)]
    missing = [monday for monday in mondays if monday not in measured]
    if missing:
        days += await _recomputed(run, missing)
        run.warnings.append(
            f"{len(missing)} of the {weeks_back} weeks have no daily snapshot; their fairness is that of the "
            "schedule as it is known now"
        )
    return MeasuredDays(tuple(days), tuple(missing))


async def _recomputed(run: TaskRunFrame, mondays: list[date]) -> list[DayFairness]:
    """What a snapshot of each Monday would have measured."""
    found: list[DayFairness] = []
    async with progress_bar("Fairness of the weeks without a snapshot") as progress:
        for done, monday in enumerate(mondays):
            progress(done / len(mondays))
            loaded = await load_schedule(
                run.engine, Period.horizon(monday, USUAL_DAYS), run.timezone, margin_days=_MARGIN_DAYS
            )
            share = await asyncio.to_thread(overall_fairness, loaded.program, loaded.snapshot)
            found.append(DayFairness(monday, share))
    return found


@task(name="judge fairness trend", cache_policy=NO_CACHE)
async def trend_of(run: TaskRunFrame, measured: MeasuredDays, weeks_back: int) -> FairnessTrend:
    """The trend, and where it calls for it the moves in the schedule ahead that would mend it."""
    weeks = weekly_fairness(measured.days, run.today, weeks_back)
    trend = fairness_trend(weeks)
    if not trend.rebalance:
        return trend
    loaded = await load_schedule(run.engine, run.horizon(USUAL_DAYS), run.timezone)
    moves = await asyncio.to_thread(
        rebalancing_moves,
        loaded.program,
        loaded.snapshot,
        rule_set(),
        loaded.snapshot.pseudonyms,
        covered=loaded.extents,
    )
    return fairness_trend(weeks, moves)


@task(name="publish fairness trend", cache_policy=NO_CACHE)
async def publish(run: TaskRunFrame, trend: FairnessTrend) -> None:
    """Show the trend in the Prefect UI and announce it."""
    sentences = trend_sentences(trend)
    for sentence in sentences:
        get_run_logger().info(sentence)
    await acreate_markdown_artifact(
        key="fairness-trend",
        markdown=render_trend(trend, at=run.now, timezone=run.timezone),
        description=" ".join(sentences),
    )
    announce(
        "fairness_trend.completed",
        "fairness-trend",
        {"trend": trend.trend, "average": trend.average, "anomalies": len(trend.anomalies)},
        run.run_id,
    )
