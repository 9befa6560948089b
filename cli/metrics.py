"""Commands that measure a schedule and compare two versions, from the database as it is now."""

import asyncio
import json
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from residency.errors import InvalidInputError, NotFoundError
from residency.settings import Settings

if TYPE_CHECKING:
    from rich.table import Table

    from residency.program.calendar import Period
    from residency.quality.change_results import VersionDiff
    from residency.quality.results import ScheduleMetrics
    from residency.store.measured_schedules import LoadedMeasurement

_USUAL_DAYS = 90
_SHOWN = 15
"""People and findings that a terminal shows; --json gives all."""

Version = Annotated[UUID, typer.Argument(help="A version's id, as `residency versions` lists it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")]


def register(app: typer.Typer) -> None:
    """Add ``metrics`` and ``diff``."""
    app.command("metrics")(metrics)
    app.command("diff")(diff)


def metrics(
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day; today by default.")
    ] = None,
    end: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day after the last one; 90 days later by default."),
    ] = None,
    version: Annotated[
        UUID | None, typer.Option(help="A version to measure instead of the published schedule.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell how fair, covered, compliant and steady the schedule is, computed now from the database."""
    from residency.acgme.rules import rule_set
    from residency.quality.measuring import measure
    from residency.quality.stability import ChangeDates

    settings = Settings()
    today = datetime.now(ZoneInfo(settings.timezone)).date()
    first = start.date() if start else today
    found = _load(
        settings, _period(first, end.date() if end else first + timedelta(days=_USUAL_DAYS)), version
    )
    warnings = [found.loaded.caveat] if found.loaded.caveat else []
    dates = ChangeDates(today, found.published_on, found.last_major_change)
    measured = measure(found.current, found.previous, rule_set(), dates, warnings, naming="id").metrics
    if as_json:
        print(json.dumps(measured.model_dump(mode="json"), indent=2))
    else:
        _show_metrics(measured)


def _period(first: date, end: date) -> "Period":
    from residency.program.calendar import Period

    if end <= first:
        raise InvalidInputError("end", end.isoformat(), f"a date after {first.isoformat()}")
    return Period(first, end)


def _load(settings: Settings, period: "Period", version: UUID | None) -> "LoadedMeasurement":
    from residency.store.measured_schedules import load_measurement
    from stack.database import program_database

    async def read() -> "LoadedMeasurement":
        async with program_database(settings) as engine:
            return await load_measurement(engine, period, settings.timezone, version)

    found = asyncio.run(read())
    if not found.loaded.version_ids:
        raise NotFoundError(
            f"no schedule is published for any of the {period.days} days from {period.start}; "
            "publish one with `residency publish VERSION`, or name one with --version"
        )
    return found


def _show_metrics(measured: "ScheduleMetrics") -> None:
    """Grade and verdicts, then the cohorts, then who carries most."""
    from rich.console import Console

    from residency.reports.quality_sentences import STATUS_WORDS, schedule_sentences
    from residency.reports.wording import period_label

    days = period_label(measured.period_start, measured.period_end)
    if measured.stability is None or measured.fairness is None:
        print(f"{days}: {' '.join(schedule_sentences(measured))}")
        return
    print(
        f"{STATUS_WORDS[measured.status]}: stability grade {measured.stability.grade} "
        f"({measured.stability.score:.0f} of 100), {days}."
    )
    for sentence in schedule_sentences(measured):
        print(sentence)
    console = Console(highlight=False)
    console.print(_cohorts(measured))
    if measured.people:
        console.print(_people(measured))
    for warning in measured.warnings:
        print(f"Note: {warning}.")


def _cohorts(measured: "ScheduleMetrics") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from residency.reports.quality_sentences import figure, share

    table = Table("Cohort")
    for heading in ("People", "Fairness", "Jain"):
        table.add_column(heading, justify="right")
    table.add_column("Carries most")
    table.add_column("Most less least (h)", justify="right")
    for each in measured.fairness.cohorts if measured.fairness else ():
        figures = (str(each.people), share(each.fairness), figure(each.jain))
        # A database's own words are no markup.
        table.add_row(Text(each.cohort), *figures, Text(each.worst_off or "-"), figure(each.max_minus_min, 0))
    return table


def _people(measured: "ScheduleMetrics") -> "Table":
    from rich.table import Table
    from rich.text import Text

    ordered = sorted(measured.people, key=lambda each: (-each.hours, each.person))
    more = f", the first {_SHOWN} of {len(ordered)}" if len(ordered) > _SHOWN else ""
    table = Table("Person", "Cohort", title=f"Planned hours, most first{more}", title_justify="left")
    for heading in ("Hours", "Nights", "Weekends", "Holidays", "Available"):
        table.add_column(heading, justify="right")
    for each in ordered[:_SHOWN]:
        hours = (each.hours, each.night_hours, each.weekend_hours, each.holiday_hours)
        table.add_row(
            Text(each.person),
            Text(each.cohort),
            *(f"{value:,.1f}" for value in hours),
            f"{100 * each.available:.0f} %",
        )
    return table


def diff(version_a: Version, version_b: Version, as_json: AsJson = False) -> None:
    """Tell what one version changes against another, and for whom, over the days that both cover."""
    from residency.acgme.rules import rule_set
    from residency.quality.diff import same_version
    from residency.quality.measuring import VersionToCompare, compare
    from residency.store.compared_versions import load_comparison
    from stack.database import program_database

    settings = Settings()

    async def read() -> tuple[VersionToCompare, VersionToCompare] | None:
        async with program_database(settings) as engine:
            return await load_comparison(engine, settings.timezone, version_a, version_b)

    sides = asyncio.run(read())
    found = compare(*sides, rule_set(), naming="id") if sides else same_version(str(version_a))
    if as_json:
        print(json.dumps(found.model_dump(mode="json"), indent=2))
    else:
        _show_diff(found)


def _show_diff(found: "VersionDiff") -> None:
    """What changed in sentences, then for whom, then which findings are new and which are cured."""
    from rich.console import Console

    from residency.reports.diff_page import ASSESSMENT_WORDS, diff_sentences
    from residency.reports.quality_sentences import finding_sentence
    from residency.reports.wording import period_label

    if found.period_start is None or found.period_end is None:
        print(" ".join(diff_sentences(found)))
        return
    days = period_label(found.period_start, found.period_end)
    print(f"{ASSESSMENT_WORDS[found.assessment]}, {days}. {' '.join(diff_sentences(found))}")
    deltas = (
        ("fairness", found.fairness_delta, "+.3f"),
        ("coverage in points", found.coverage_delta, "+.2f"),
        ("violations", found.violations_delta, "+d"),
        ("assigned half-days", found.blocks_delta, "+d"),
    )
    # Minus nothing is nothing.
    told = [f"{name} {value or 0:{form}}" for name, value, form in deltas if value is not None]
    print(f"Measures: {', '.join(told)}.")
    if found.people:
        Console(highlight=False).print(_changes(found))
    for title, keys in (("New", found.new_findings), ("Cured", found.cured_findings)):
        for key in keys[:_SHOWN]:
            print(f"{title}: {finding_sentence(key)}")
        if len(keys) > _SHOWN:
            print(f"{title}: {len(keys) - _SHOWN} more; --json lists them.")


def _changes(found: "VersionDiff") -> "Table":
    from rich.table import Table
    from rich.text import Text

    more = f", the first {_SHOWN} of {len(found.people)}" if len(found.people) > _SHOWN else ""
    table = Table("Person", title=f"What changes for whom, most first{more}", title_justify="left")
    for heading in ("Added", "Taken away", "Changed", "Hours before", "Hours after", "Difference"):
        table.add_column(heading, justify="right")
    for each in found.people[:_SHOWN]:
        hours = (f"{each.hours_before:,.1f}", f"{each.hours_after:,.1f}", f"{each.hours_delta:+,.1f}")
        table.add_row(Text(each.person), str(each.added), str(each.removed), str(each.changed), *hours)
    return table
