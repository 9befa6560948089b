"""Steps of ``validate_schedule``: what is asked for, the judgement, and its page."""

from datetime import date
from uuid import UUID

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.platform.task_run import TaskRunFrame
from residency.acgme.rules import rule_set, rule_set_names
from residency.errors import InvalidInputError
from residency.program.calendar import Period
from residency.publishing.examination import validate_period, validate_version
from residency.quality.schedule_validation import ScheduleValidation
from residency.reports.markdown import escape
from residency.reports.validation_page import render_validation, validation_sentences

_KEY = "schedule-validation"


def asked_for(version_id: UUID | None, start: date | None, end: date | None) -> UUID | Period:
    """The version or the days that a run asks for.

    Raises:
        InvalidInputError: if both are given or neither, or the days end before they begin.
    """
    if version_id is not None and start is None and end is None:
        return version_id
    if version_id is None and start is not None and end is not None:
        return Period(start, end)
    given = [name for name, value in (("version_id", version_id), ("start", start), ("end", end)) if value]
    raise InvalidInputError("version_id", ", ".join(given) or None, "either version_id, or start and end")


@task(name="validate schedule", cache_policy=NO_CACHE)
async def validation_of(
    run: TaskRunFrame, asked: UUID | Period, rules_name: str
) -> ScheduleValidation | None:
    """The judgement with people by pseudonym; None when no schedule is published for any of the days.

    Raises:
        InvalidInputError: for a rule set that does not come with the package.
        NotFoundError: for an unknown version.
    """
    if rules_name not in rule_set_names():
        raise InvalidInputError("rule_set", rules_name, f"one of {', '.join(rule_set_names())}")
    rules = rule_set(rules_name)
    if isinstance(asked, UUID):
        result = await validate_version(
            run.engine, asked, run.timezone, rules, naming="pseudonym", conflicts=False
        )
    else:
        result = await validate_period(
            run.engine, asked, run.timezone, rules, naming="pseudonym", conflicts=False
        )
        if result is None:
            run.warnings.append(f"no published schedule covers the {asked.days} days from {asked.start}")
    if result is not None and result.caveat:
        run.warnings.append(result.caveat)
    return result


@task(name="publish validation", cache_policy=NO_CACHE)
async def publish(run: TaskRunFrame, result: ScheduleValidation | None) -> None:
    """Show the verdict in the Prefect UI, or that there was nothing to judge."""
    if result is None:
        why = run.warnings[-1]
        page, sentences = f"# Validation of a schedule\n\n**No data.** {escape(why)}\n", [why]
    else:
        page, sentences = render_validation(result), validation_sentences(result)
    for sentence in sentences:
        get_run_logger().info(sentence)
    await acreate_markdown_artifact(key=_KEY, markdown=page, description=sentences[0])
