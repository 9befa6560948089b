"""The main job of ``residency up``: a schedule to look at, both analyses run, their verdicts told."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from residency.settings import Settings
from stack.database import program_database

SAMPLE_PEOPLE = 29
SAMPLE_DAYS = 365
SAMPLE_SEED = 1
_FLOWS = ("run_contingency_analysis", "periodic_health_check")


def main_job(settings: Settings, say: Callable[[str], None], *, load_sample: bool = True) -> int:
    """Load the sample where there is no schedule, run both analyses on the worker and tell the verdicts.

    Args:
        settings: which plant.
        say: told each line.
        load_sample: whether a program without any schedule gets the sample.

    Returns:
        The exit code: 0 when both flows completed, else 1.
    """
    return asyncio.run(_main_job(settings, say, load_sample))


async def _main_job(settings: Settings, say: Callable[[str], None], load_sample: bool) -> int:
    from stack.flow_runs import follow, start  # slow to import

    if load_sample:
        await _load_sample(settings, say)
    code = 0
    # The health check reuses the contingency report, so that one goes first.
    for flow in _FLOWS:
        ended = await follow(settings, (await start(flow, {})).id)
        if not ended.succeeded:
            say(f"{flow} did not complete: {ended.state}. {ended.message}")
            code = 1
    if code == 0:
        await _tell_verdicts(settings, say)
    return code


async def _load_sample(settings: Settings, say: Callable[[str], None]) -> None:
    from residency.importing.sample import default_start, sample_program
    from residency.publishing.importing import import_announced
    from residency.store.versions import has_versions

    async with program_database(settings) as engine:
        async with engine.connect() as connection:
            if await has_versions(connection):
                return
        monday = default_start(datetime.now(ZoneInfo(settings.timezone)).date())
        program = sample_program(
            people=SAMPLE_PEOPLE,
            days=SAMPLE_DAYS,
            seed=SAMPLE_SEED,
            start=monday,
            timezone=settings.timezone,
            holidays=settings.holidays,
        )
        outcome = await import_announced(engine, program, publish=True, actor="sample")
    say(
        f"Loaded a sample program of {outcome.people} people and {outcome.assignments:,} assignments, "
        f"published from {monday:%-d %b %Y}."
    )


async def _tell_verdicts(settings: Settings, say: Callable[[str], None]) -> None:
    from residency.reports.verdicts import contingency_sentences, health_sentences
    from residency.store.resilience_results import newest_contingency, newest_health

    async with program_database(settings) as engine, engine.connect() as connection:
        health = await newest_health(connection)
        contingency = await newest_contingency(connection)
    pages = (
        ("Health check", health_sentences(health.assessment) if health else [], "health-check"),
        (
            "Contingency analysis",
            contingency_sentences(contingency.report) if contingency else [],
            "contingency-analysis",
        ),
    )
    for title, sentences, artifact in pages:
        say(f"\n{title}")
        for sentence in sentences:
            say(f"  {sentence}")
        say(f"  {settings.prefect_ui_url}/artifacts/key/{artifact}")
    say("")
