"""The main job of ``residency up``: a schedule to look at, both analyses run, their verdicts printed."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from residency.settings import Settings

SAMPLE_PEOPLE = 29
SAMPLE_DAYS = 365
SAMPLE_SEED = 1
_FLOWS = ("run_contingency_analysis", "periodic_health_check")


def main_job(settings: Settings, *, load_sample: bool = True) -> int:
    """Load the sample where there is no schedule, run both analyses on the worker and print the verdicts.

    Returns:
        The exit code: 0 when both flows completed, else 1.
    """
    return asyncio.run(_main_job(settings, load_sample))


async def _main_job(settings: Settings, load_sample: bool) -> int:
    from cli.flow_runs import follow, start

    if load_sample:
        await _load_sample(settings)
    code = 0
    # The health check reuses the contingency report, so that one goes first.
    for flow in _FLOWS:
        ended = await follow((await start(flow, {})).id, echo=False)
        if not ended.succeeded:
            print(f"{flow} did not complete: {ended.state}. {ended.message}")
            code = 1
    if code == 0:
        await _print_verdicts(settings)
    return code


async def _load_sample(settings: Settings) -> None:
    from residency.importing.sample import sample_program
    from residency.store.database import open_engine
    from residency.store.program_writer import import_program
    from residency.store.versions import has_versions
    from stack.credentials import database_url

    async with open_engine(database_url(settings).get_secret_value()) as engine:
        async with engine.connect() as connection:
            if await has_versions(connection):
                return
        today = datetime.now(ZoneInfo(settings.timezone)).date()
        monday = today - timedelta(days=14 + today.weekday())
        program = sample_program(
            people=SAMPLE_PEOPLE,
            days=SAMPLE_DAYS,
            seed=SAMPLE_SEED,
            start=monday,
            timezone=settings.timezone,
            holidays=settings.holidays,
        )
        outcome = await import_program(engine, program, publish=True, actor="sample")
    print(
        f"Loaded a sample program of {outcome.people} people and {outcome.assignments:,} assignments, "
        f"published from {monday:%-d %b %Y}."
    )


async def _print_verdicts(settings: Settings) -> None:
    from residency.reports.contingency_page import contingency_sentences
    from residency.reports.health_page import health_sentences
    from residency.store.database import open_engine
    from residency.store.resilience_results import newest_contingency, newest_health
    from stack.credentials import database_url

    async with (
        open_engine(database_url(settings).get_secret_value()) as engine,
        engine.connect() as connection,
    ):
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
        print(f"\n{title}")
        for sentence in sentences:
            print(f"  {sentence}")
        print(f"  {settings.prefect_ui_url}/artifacts/key/{artifact}")
    print(flush=True)
