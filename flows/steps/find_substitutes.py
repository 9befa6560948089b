"""Steps of ``find_substitutes``: asking who could cover, and the page of the answer."""

import asyncio
from datetime import date

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.platform.task_run import TaskRunFrame
from residency.reports.cover_page import cover_sentences, render_cover
from residency.reports.markdown import escape
from residency.scheduling.cover_report import cover_report
from residency.scheduling.cover_results import CoverReport
from residency.store.absence_cases import UnpublishedDaysError, load_absence_case

_KEY = "substitutes"


@task(name="find substitutes", cache_policy=NO_CACHE)
async def find(run: TaskRunFrame, person: str, start: date, last: date, most: int) -> CoverReport | None:
    """Who can cover, people by pseudonym; None when no schedule is published for any of the days.

    Raises:
        InvalidInputError: for days that nobody can mean.
        NotFoundError: for an unknown person.
    """
    try:
        found = await load_absence_case(run.engine, person, start, last, run.timezone, naming="pseudonym")
    except UnpublishedDaysError as error:
        run.warnings.append(str(error))
        return None
    report = await asyncio.to_thread(
        cover_report, found.case, naming="pseudonym", version_ids=found.version_ids, most=most
    )
    run.warnings += report.notes
    return report


@task(name="publish substitutes", cache_policy=NO_CACHE)
async def publish(run: TaskRunFrame, report: CoverReport | None) -> None:
    """Show who can cover in the Prefect UI, or that there was nothing to look at."""
    if report is None:
        sentences = [run.warnings[-1]]
        page = f"# Who can cover\n\n**No data.** {escape(sentences[0])}\n"
    else:
        sentences, page = cover_sentences(report), render_cover(report)
    for sentence in sentences:
        get_run_logger().info(sentence)
    await acreate_markdown_artifact(key=_KEY, markdown=page, description=" ".join(sentences[:2]))
