"""Commands that move programs between bundles of files and the database, and prepare both."""

import asyncio
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from residency.errors import NotFoundError
from residency.settings import Settings

if TYPE_CHECKING:
    from residency.program.calendar import Period
    from residency.quality.schedule_validation import ScheduleValidation
    from residency.store.program_loader import LoadedProgram
    from residency.store.program_writer import ImportOutcome

FINDINGS_SHOWN = 10

Target = Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")]
Replace = Annotated[bool, typer.Option("--replace", help="Replace the bundle that is already there.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]


def register(app: typer.Typer) -> None:
    """Add ``import``, ``export-bundle``, ``template``, ``sample`` and ``migrate``."""
    app.command("import")(import_bundle)
    app.command("export-bundle")(export_bundle)
    app.command("template")(template)
    app.command("sample")(sample)
    app.command("migrate")(migrate)


def import_bundle(
    path: Annotated[Path, typer.Argument(help="A bundle: a folder of CSV files or an .xlsx workbook.")],
    publish: Annotated[bool, typer.Option("--publish", help="Publish the schedule too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Load a program into the database, all of it or nothing; published, it says what rules it breaks."""
    from residency.importing.bundle import read_program, require_site_timezone
    from residency.importing.findings import findings, not_cover
    from residency.program.extent import program_period
    from residency.publishing.examination import validate_version
    from residency.publishing.importing import import_announced
    from stack.database import program_database

    settings = Settings()
    program = read_program(path, settings)
    require_site_timezone(program, settings)
    period = program_period(program)

    async def load() -> "tuple[ImportOutcome, ScheduleValidation | None]":
        async with program_database(settings) as engine:
            loaded = await import_announced(engine, program, publish=publish)
            if not publish:
                return loaded, None
            return loaded, await validate_version(
                engine, loaded.version_id, settings.timezone, naming="id", conflicts=False
            )

    outcome, judged = asyncio.run(load())
    found = findings(program)
    if as_json:
        _print_json(
            {
                "version_id": str(outcome.version_id),
                "created": outcome.created,
                "published": outcome.published,
                "superseded": [str(version) for version in outcome.superseded],
                "people": outcome.people,
                "services": outcome.services,
                "assignments": outcome.assignments,
                "recipients": outcome.recipients,
                "people_ended": outcome.people_ended,
                "services_archived": outcome.services_archived,
                "start": period.start.isoformat(),
                "end": period.end.isoformat(),
                "rule_set": judged.rule_set if judged else None,
                "violations": judged.violations if judged else None,
                "not_cover": not_cover(found),
                "findings": [finding.sentence for finding in found],
            }
        )
        return
    print(_outcome_sentence(outcome, period))
    if judged:
        print(_rules_sentence(outcome, judged))
    if not outcome.recipients:
        print("Nobody can receive alerts yet: name an administrator or coordinator on the users sheet.")
    _print_findings([finding.sentence for finding in found], not_cover(found))


def _outcome_sentence(outcome: "ImportOutcome", period: "Period") -> str:
    loaded = (
        f"Loaded {_many(outcome.people, 'person', 'people')}, {_many(outcome.services, 'service')} and "
        f"{_many(outcome.assignments, 'assignment')} for {_days(period)}"
    )
    state = "published" if outcome.published else "not published"
    version = f" as version {outcome.version_id}" if outcome.created else ""
    sentence = f"{loaded}{version}, {state}."
    if not outcome.created:
        sentence += f" The schedule was already there as version {outcome.version_id}; no new one was made."
    if outcome.people_ended or outcome.services_archived:
        sentence += (
            f" {_many(outcome.people_ended, 'person', 'people')} and "
            f"{_many(outcome.services_archived, 'service')} that "
            f"it does not name ended with {period.start - timedelta(days=1):%-d %b %Y}."
        )
    if outcome.superseded:
        sentence += f" It supersedes {', '.join(map(str, outcome.superseded))}."
    if not outcome.published:
        sentence += (
            " People, services, coverage and absences are in force already; only the schedule waits: "
            f"`residency publish {outcome.version_id}` judges and publishes it, and the same command with "
            "--publish makes the bundle the whole program, whatever it breaks."
        )
    return sentence


def _rules_sentence(outcome: "ImportOutcome", judged: "ScheduleValidation") -> str:
    """An import publishes whatever the bundle says, and what `residency publish` would have refused."""
    if not judged.violations:
        return f"It has no violation of {judged.rule_set}."
    return (
        f"It has {_many(judged.violations, 'violation')} of {judged.rule_set}, which `residency "
        f"publish` would not let pass without a reason: `residency validate {outcome.version_id}` lists them."
    )


def _many(count: int, one: str, several: str | None = None) -> str:
    return f"{_count(count)} {one if count == 1 else several or one + 's'}"


def _print_findings(sentences: list[str], uncounted: int) -> None:
    if uncounted:
        noun, verb = ("assignment", "does") if uncounted == 1 else ("assignments", "do")
        print(f"{_count(uncounted)} {noun} {verb} not count as cover:")
    for sentence in sentences[:FINDINGS_SHOWN]:
        print(f"  {sentence}")
    if len(sentences) > FINDINGS_SHOWN:
        print(f"  and {len(sentences) - FINDINGS_SHOWN} more; --json lists all")


def export_bundle(
    directory: Target,
    version: Annotated[
        UUID | None, typer.Option("--version", help="A schedule version instead of the published ones.")
    ] = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Write the program in the database as a bundle, from which the same program can be loaded."""
    from residency.importing.writing import require_target, write_bundle
    from residency.store.program_loader import load_program
    from stack.database import program_database

    settings = Settings()
    require_target(directory, replace=replace)

    async def load() -> "LoadedProgram":
        async with program_database(settings) as engine, engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            return await load_program(connection, settings.timezone, version_id=version)

    loaded = asyncio.run(load())
    if not loaded.version_ids:
        raise NotFoundError(
            "no schedule version is published; load one with `residency import PATH --publish`, "
            "or name one with --version"
        )
    write_bundle(loaded.program, directory, replace=replace)
    people, assignments = len(loaded.program.people), len(loaded.program.assignments)
    if as_json:
        versions = [str(each) for each in loaded.version_ids]
        _print_json(
            {"directory": str(directory), "versions": versions, "people": people, "assignments": assignments}
        )
    else:
        print(f"Wrote {_count(people)} people and {_count(assignments)} assignments to {directory}.")


def template(directory: Target, replace: Replace = False) -> None:
    """Write an empty bundle to fill in, with a README that explains every column."""
    from residency.importing.writing import README, write_template

    write_template(directory, replace=replace)
    print(f"Wrote an empty bundle to {directory}; {directory / README} explains every column.")


def sample(
    directory: Target,
    people: Annotated[int, typer.Option(help="Residents and faculty together.")] = 29,
    days: Annotated[int, typer.Option(help="Length of the schedule.")] = 365,
    seed: Annotated[int, typer.Option(help="Choice among the possible programs of that size.")] = 1,
    start: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day; the Monday before last by default."),
    ] = None,
    replace: Replace = False,
) -> None:
    """Write a realistic made-up program as a bundle."""
    from zoneinfo import ZoneInfo

    from residency.importing.sample import default_start, sample_program
    from residency.importing.writing import require_target, write_bundle

    settings = Settings()
    require_target(directory, replace=replace)
    today = datetime.now(ZoneInfo(settings.timezone)).date()
    first = start.date() if start else default_start(today)
    program = sample_program(people, days, seed, first, settings.timezone, settings.holidays)
    write_bundle(program, directory, replace=replace)
    print(
        f"Wrote {_count(people)} people and {_count(len(program.assignments))} assignments, beginning on "
        f"{_day(first)}, to {directory}. Load them with `residency import {directory} --publish`."
    )


def migrate(as_json: AsJson = False) -> None:
    """Bring the database to the newest migration."""
    from stack.database import migrate_schema

    before, after = asyncio.run(migrate_schema(Settings()))
    if as_json:
        _print_json({"before": before, "after": after})
    elif before == after:
        print(f"The database stands at migration {after} already.")
    else:
        print(f"Migrated the database from {before or 'nothing'} to {after}.")


def _print_json(outcome: dict[str, Any]) -> None:
    print(json.dumps(outcome, indent=2))


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _days(period: "Period") -> str:
    return f"{_day(period.start)} - {_day(period.end - timedelta(days=1))}"
