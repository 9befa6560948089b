"""Looking over the fallback schedules each day: outdated ones are marked, and new ones asked for."""

import asyncio
from itertools import groupby

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.platform.task_run import TaskRunFrame
from residency.acgme.rules import rule_set
from residency.messaging.fallback_requests import request_fallbacks
from residency.resilience.fallback_results import StoredFallback
from residency.scheduling.outdated import outdated
from residency.store.fallback_schedules import list_fallbacks, mark_stale
from residency.store.schedules import load_schedule


@task(name="look over fallbacks", cache_policy=NO_CACHE)
async def look_over_fallbacks(run: TaskRunFrame) -> int:
    """Mark the ready fallbacks of days to come that no longer answer for what is published.

    Their hash is computed anew from the schedule, people and absences of their own days; without any ready
    fallback nothing is loaded. In the transaction that marks any, new ones are asked for.

    Returns:
        How many became stale.
    """
    async with run.engine.connect() as connection:
        ready = await list_fallbacks(connection, statuses=("ready",), valid_on=run.today)
    wrong: list[StoredFallback] = []
    for period, group in groupby(sorted(ready, key=_first_day), key=lambda each: each.period):
        loaded = await load_schedule(run.engine, period, run.timezone)
        same_days = loaded.snapshot.period == period
        judged = (list(group), loaded.program, loaded.snapshot, rule_set(), loaded.extents)
        wrong += await asyncio.to_thread(outdated, *judged) if same_days else judged[0]
    async with run.engine.begin() as connection:
        marked = await mark_stale(connection, [each.id for each in wrong], run.now)
        if marked:
            await request_fallbacks(connection, run.today)
    return marked


def _first_day(fallback: StoredFallback) -> tuple[object, ...]:
    return fallback.period.start, fallback.period.end
