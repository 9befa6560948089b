"""Steps of ``precompute_fallback_schedules``: loading once, computing and storing each, concluding."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import UUID

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.platform.events import announce
from flows.platform.progress import progress_bar
from flows.platform.task_run import TaskRunFrame
from residency.acgme.rules import rule_set
from residency.messaging.escalation import resolve_category
from residency.messaging.outbox import FlowRunRequest, request_flow_run
from residency.program.calendar import Period
from residency.program.vocabulary import AlertLevel
from residency.reports.fallback_page import fallback_sentences, render_fallbacks
from residency.reports.markdown import escape
from residency.resilience.fallback_results import LEAST_COVERAGE, StoredFallback
from residency.scheduling.fallbacks import compute_fallbacks
from residency.scheduling.outdated import outdated
from residency.scheduling.scenarios import Scenario
from residency.store.fallback_schedules import list_fallbacks, retire, save_fallback
from residency.store.schedules import LoadedSchedule, load_schedule

BUDGET_SECONDS = 100.0
"""Time that the exact layer shares among all fallbacks; the immediate one needs some more."""

STOP_SECONDS = 420.0
"""When no further fallback is begun, well within the run's limit; another run goes on."""

_CATEGORY = "fallbacks"


@dataclass
class Outcome:
    """What came of one run's work: ids of the fallbacks computed, and of those that still held."""

    computed: list[UUID] = field(default_factory=list[UUID])
    kept: list[UUID] = field(default_factory=list[UUID])
    complete: bool = True


def wanted(scenarios: Sequence[str] | None) -> tuple[Scenario, ...]:
    """The scenarios of some names, all of them for None."""
    return tuple(Scenario) if scenarios is None else tuple(map(Scenario, scenarios))


@task(name="load schedule and the days around it", cache_policy=NO_CACHE)
async def load(run: TaskRunFrame, period: Period) -> LoadedSchedule:
    """The published schedule of a period; days without one are told among the run's warnings."""
    loaded = await load_schedule(run.engine, period, run.timezone)
    if not loaded.version_ids:
        run.warnings.append(f"no published schedule covers the {period.days} days from {period.start}")
    elif loaded.caveat:
        run.warnings.append(loaded.caveat)
    return loaded


@task(name="compute and store fallbacks", cache_policy=NO_CACHE)
async def compute(
    run: TaskRunFrame, loaded: LoadedSchedule, scenarios: Sequence[Scenario], top_k: int
) -> Outcome:
    """Compute what does not stand ready yet, each stored as soon as it is done.

    A run that was killed goes on where it ended: what it had stored has the same inputs still.
    """
    outcome, stop = Outcome(), monotonic() + STOP_SECONDS
    async with run.engine.connect() as connection:
        ready = await list_fallbacks(connection, statuses=("ready", "active"), valid_on=run.today)
    async with progress_bar("Fallback schedules") as progress:
        results = compute_fallbacks(
            loaded.program,
            loaded.snapshot,
            rule_set(),
            loaded.extents,
            seconds=BUDGET_SECONDS,
            scenarios=scenarios,
            top_k=top_k,
            known={(each.scenario, each.input_hash) for each in ready},
            progress=progress,
        )
        while (result := await asyncio.to_thread(next, results, None)) is not None:
            async with run.engine.begin() as connection:
                stored = await save_fallback(connection, result, at=datetime.now(UTC), run_id=run.run_id)
            outcome.computed.append(stored)
            if monotonic() > stop:
                outcome.complete = False
                break
    return outcome


@task(name="conclude", cache_policy=NO_CACHE)
async def conclude(
    run: TaskRunFrame,
    loaded: LoadedSchedule,
    scenarios: Sequence[Scenario],
    outcome: Outcome,
    parameters: dict[str, Any],
) -> list[StoredFallback]:
    """Retire what is replaced, or ask for a run that goes on; and tell of scenarios that cover too little.

    Returns:
        The fallbacks that stand ready now, those of other scenarios included.
    """
    async with run.engine.begin() as connection:
        before = await list_fallbacks(connection, statuses=("ready", "stale", "draft"))
        others = [each for each in before if each.id not in outcome.computed and each.scenario in scenarios]
        still = await asyncio.to_thread(_still_right, others, loaded)
        outcome.kept = [each.id for each in still]
        if outcome.complete:
            await retire(connection, [each.id for each in others if each not in still])
        else:
            await _ask_to_go_on(connection, run, parameters)
        hopeless = [each for each in before if each.id in outcome.computed and each.status == "draft"]
        if hopeless:
            run.warnings.append(f"for {len(hopeless)} bad days no schedule could be computed at all")
        standing = await list_fallbacks(connection, statuses=("ready", "active"), valid_on=run.today)
        await _alert(connection, run, [*hopeless, *standing])
    return standing


def _still_right(fallbacks: Sequence[StoredFallback], loaded: LoadedSchedule) -> list[StoredFallback]:
    """Those that are ready, speak of the same days, and answer for the schedule as it is."""
    of_period = [
        each for each in fallbacks if each.status == "ready" and each.period == loaded.snapshot.period
    ]
    wrong = outdated(of_period, loaded.program, loaded.snapshot, rule_set(), loaded.extents)
    return [each for each in of_period if each not in wrong]


async def _ask_to_go_on(connection: AsyncConnection, run: TaskRunFrame, parameters: dict[str, Any]) -> None:
    run.warnings.append("not every fallback schedule was reached in time; another run goes on with the rest")
    request = FlowRunRequest(
        flow="precompute_fallback_schedules",
        parameters=parameters,
        dedup_key=f"fallbacks:continued:{run.run_id}",
    )
    await request_flow_run(connection, request)


async def _alert(connection: AsyncConnection, run: TaskRunFrame, fallbacks: Sequence[StoredFallback]) -> None:
    short = [each for each in fallbacks if each.coverage < LEAST_COVERAGE]
    if not short:
        await resolve_category(connection, _CATEGORY)
        return
    key = f"fallbacks:{run.run_id}"
    parameters = {
        "level": AlertLevel.WARNING,
        "category": _CATEGORY,
        "message": " ".join(fallback_sentences(fallbacks))[:2000],
        "details": {"scenarios": sorted({each.scenario for each in short})},
        "idempotency_key": key,
    }
    alert = FlowRunRequest(flow="send_resilience_alert", parameters=parameters, dedup_key=key)
    await request_flow_run(connection, alert)


def sentences(outcome: Outcome, standing: Sequence[StoredFallback]) -> list[str]:
    """What the run's log says."""
    work = f"{len(outcome.computed)} fallback schedules were computed, {len(outcome.kept)} still held."
    return [*fallback_sentences(standing), work]


def status_of(outcome: Outcome, standing: Sequence[StoredFallback]) -> str:
    """``pass`` when each bad day has a fallback that covers enough, ``partial`` when not all were reached."""
    if not outcome.complete:
        return "partial"
    return "pass" if standing and all(each.coverage >= LEAST_COVERAGE for each in standing) else "fail"


def summary(outcome: Outcome, standing: Sequence[StoredFallback]) -> dict[str, Any]:
    """The run's result: counts, and every fallback that stands ready; people by pseudonym."""
    return {
        "computed": len(outcome.computed),
        "kept": len(outcome.kept),
        "complete": outcome.complete,
        "fallbacks": [
            {
                "id": str(each.id),
                "scenario": each.scenario,
                "people": list(each.pseudonyms),
                "coverage": each.coverage,
                "changes": each.changes,
                "unfilled_slots": each.unfilled_slots,
                "layer": each.layer,
                "gap": each.gap,
                "valid_until": each.valid_until.isoformat(),
            }
            for each in standing
        ],
    }


@task(name="publish that there is nothing to prepare for", cache_policy=NO_CACHE)
async def publish_nothing(why: str) -> None:
    """Take the place of a former page in the Prefect UI, which would look as if it still held."""
    await acreate_markdown_artifact(
        key="fallback-schedules",
        markdown=f"# Fallback schedules\n\n**No data.** {escape(why)}\n",
        description=why,
    )


@task(name="publish fallbacks", cache_policy=NO_CACHE)
async def publish(run: TaskRunFrame, standing: Sequence[StoredFallback]) -> None:
    """Show the fallbacks in the Prefect UI and announce them as an event."""
    await acreate_markdown_artifact(
        key="fallback-schedules",
        markdown=render_fallbacks(standing, at=run.now, timezone=run.timezone, warnings=run.warnings),
        description=fallback_sentences(standing)[0],
    )
    worst = min((each.coverage for each in standing), default=None)
    payload = {"fallbacks": len(standing), "lowest_coverage": worst}
    announce("fallbacks.completed", "fallbacks", payload, run.run_id)
