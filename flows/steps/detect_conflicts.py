"""Steps of ``detect_conflicts``: looking for conflicts, and their page."""

from collections.abc import Collection
from datetime import date

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.platform.task_run import TaskRunFrame
from residency.program.calendar import Period
from residency.program.vocabulary import ConflictType
from residency.publishing.examination import conflicts_of_period
from residency.quality.schedule_validation import FoundConflicts
from residency.reports.markdown import escape
from residency.reports.validation_page import conflict_sentence, render_conflicts

_KEY = "schedule-conflicts"


@task(name="find conflicts", cache_policy=NO_CACHE)
async def find(
    run: TaskRunFrame, start: date, end: date, types: Collection[ConflictType] | None
) -> FoundConflicts | None:
    """The conflicts with people by pseudonym; None when no schedule is published for any of the days.

    Raises:
        InvalidInputError: if there is no day from ``start`` to before ``end``, or more than three years.
    """
    period = Period(start, end)
    found = await conflicts_of_period(run.engine, period, run.timezone, types=types, naming="pseudonym")
    if found is None:
        run.warnings.append(f"no published schedule covers the {period.days} days from {period.start}")
    elif found.caveat:
        run.warnings.append(found.caveat)
    return found


@task(name="publish conflicts", cache_policy=NO_CACHE)
async def publish(run: TaskRunFrame, found: FoundConflicts | None) -> None:
    """Show the conflicts in the Prefect UI, or that there was nothing to look at."""
    if found is None:
        sentence = run.warnings[-1]
        page = f"# Conflicts\n\n**No data.** {escape(sentence)}\n"
    else:
        sentence, page = conflict_sentence(found), render_conflicts(found)
    get_run_logger().info(sentence)
    await acreate_markdown_artifact(key=_KEY, markdown=page, description=sentence)
