"""Steps of ``simulate_absence``: asking what breaks, and the page of the answer."""

import asyncio
from datetime import date

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.platform.task_run import TaskRunFrame
from residency.program.vocabulary import AbsenceType
from residency.reports.absence_page import effect_sentences, render_effects
from residency.reports.markdown import escape
from residency.scheduling.absence_effects import absence_effects
from residency.scheduling.cover_results import AbsenceEffects
from residency.store.absence_cases import UnpublishedDaysError, load_absence_case

_KEY = "simulated-absence"


@task(name="simulate absence", cache_policy=NO_CACHE)
async def simulate(
    run: TaskRunFrame, person: str, start: date, last: date, kind: AbsenceType
) -> AbsenceEffects | None:
    """What breaks, people by pseudonym; None when no schedule is published for any of the days.

    Raises:
        InvalidInputError: for days that nobody can mean.
        NotFoundError: for an unknown person.
    """
    try:
        found = await load_absence_case(
            run.engine, person, start, last, run.timezone, naming="pseudonym", kind=kind
        )
    except UnpublishedDaysError as error:
        run.warnings.append(str(error))
        return None
    effects = await asyncio.to_thread(
        absence_effects, found.case, naming="pseudonym", version_ids=found.version_ids
    )
    run.warnings += effects.notes
    return effects


@task(name="publish simulated absence", cache_policy=NO_CACHE)
async def publish(run: TaskRunFrame, effects: AbsenceEffects | None) -> None:
    """Show what breaks in the Prefect UI, or that there was nothing to look at."""
    if effects is None:
        sentences = [run.warnings[-1]]
        page = f"# What breaks if this person is away\n\n**No data.** {escape(sentences[0])}\n"
    else:
        sentences, page = effect_sentences(effects), render_effects(effects)
    for sentence in sentences:
        get_run_logger().info(sentence)
    await acreate_markdown_artifact(key=_KEY, markdown=page, description=sentences[0])
