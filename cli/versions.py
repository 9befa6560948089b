"""Commands that list schedule versions, judge them, and publish them through the gate."""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from residency.settings import Settings

if TYPE_CHECKING:
    from residency.program.calendar import Period
    from residency.publishing.publication import Publication
    from residency.quality.schedule_validation import ScheduleValidation
    from residency.store.acgme_findings import StoredFinding
    from residency.store.versions import VersionFacts

_SHOWN = 20
"""Lines of a list that a person reads; --json gives all."""

Version = Annotated[UUID, typer.Argument(help="The version's id, as `residency versions` lists it.")]
Rules = Annotated[
    str | None,
    typer.Option("--rules", help="The rule set that judges, or a .toml overlay; the usual one by default."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]


def register(app: typer.Typer) -> None:
    """Add ``versions``, ``validate`` and ``publish``."""
    app.command("versions")(versions)
    app.command("validate")(validate)
    app.command("publish")(publish)


def versions(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List schedule versions, newest first, with their ids."""
    from residency.store.versions import list_versions
    from stack.database import program_database

    async def read() -> "list[VersionFacts]":
        async with program_database(Settings()) as engine, engine.connect() as connection:
            return await list_versions(connection, limit)

    found = asyncio.run(read())
    if as_json:
        _print_json([_version(each) for each in found])
        return
    if not found:
        print("There is no schedule version yet; load one with `residency import PATH`.")
    for each in found:
        judged = "" if each.violations is None else f", {_many(each.violations, 'violation')}"
        overridden = f" ({each.overrides} overridden)" if each.overrides else ""
        print(
            f"{each.id}  {each.publication:<10}  {_days(each.days)}, {_many(each.assignments, 'assignment')}"
            f"{judged}{overridden}"
        )


def validate(version: Version, rules: Rules = None, as_json: AsJson = False) -> None:
    """Tell what publishing a version would break, and change nothing; exit code 1 when it could not be."""
    from residency.acgme.rules import rule_set
    from residency.publishing.examination import validate_version
    from stack.database import program_database

    settings = Settings()
    judged_by = rule_set(rules) if rules else None

    async def examine() -> "ScheduleValidation":
        async with program_database(settings) as engine:
            return await validate_version(engine, version, settings.timezone, judged_by, naming="id")

    result = asyncio.run(examine())
    if as_json:
        _print_json(result.model_dump(mode="json"))
    else:
        _show_validation(version, result)
    if not result.publishable:
        raise typer.Exit(1)


def publish(
    version: Version,
    override: Annotated[
        list[str] | None,
        typer.Option(
            "--override", metavar="FINDING_ID=REASON", help="Publish in spite of a finding; may be repeated."
        ),
    ] = None,
    override_file: Annotated[
        Path | None, typer.Option("--override-file", help="A CSV file with the columns finding,reason.")
    ] = None,
    rules: Rules = None,
    as_json: AsJson = False,
) -> None:
    """Publish a version, unless it breaks a binding rule that nobody has overridden with a reason."""
    from residency.acgme.rules import rule_set
    from residency.publishing.overrides import read_overrides
    from residency.publishing.publication import publish_checked
    from stack.database import command_actor, program_database

    settings = Settings()
    judged_by = rule_set(rules) if rules else None
    overrides = read_overrides(override or (), override_file)

    async def pass_the_gate() -> "Publication":
        async with program_database(settings) as engine:
            return await publish_checked(
                engine,
                version,
                settings.timezone,
                actor=command_actor(),
                now=datetime.now(UTC),
                overrides=overrides,
                rules=judged_by,
            )

    outcome = asyncio.run(pass_the_gate())
    if as_json:
        _print_json(_publication(outcome))
    elif outcome.published:
        print(_published(outcome))
    else:
        _show_refusal(outcome, rules)
    if not outcome.published:
        raise typer.Exit(1)


def _show_validation(version: UUID, result: "ScheduleValidation") -> None:
    from residency.acgme.findings import Verdict
    from residency.reports.validation_page import conflict_counts, validation_sentences

    print(" ".join(validation_sentences(result)))
    broken = [each for each in result.findings if each.verdict is Verdict.VIOLATION]
    for each in broken[:_SHOWN]:
        who = each.person or each.place
        override = f" Overridden: {each.overridden}." if each.overridden else ""
        print(f"  {each.severity} {each.rule}, {who}, from {each.window_start}: {each.arithmetic}{override}")
    _print_rest(len(broken))
    grave = [each for each in result.conflicts or () if each.severity == "critical"]
    if result.conflicts:
        print(f"Conflicts: {', '.join(conflict_counts(result.conflicts))}.")
    for each in grave[:_SHOWN]:
        print(f"  {each.severity} {each.type}, {each.person}: {each.description}")
    _print_rest(len(grave))
    if result.incomplete:
        print("What could not be judged for want of data, which is no pass:")
    for each in result.incomplete[:_SHOWN]:
        window = f", from {each.window_start}" if each.window_start else ""
        print(f"  {each.rule}, {each.person}{window}: {each.reason}")
    _print_rest(len(result.incomplete))
    if not result.publishable:
        print(f"`residency publish {version}` says how each finding can be overridden.")


def _print_rest(count: int) -> None:
    if count > _SHOWN:
        print(f"  and {count - _SHOWN} more; --json lists all")


def _published(outcome: "Publication") -> str:
    version = outcome.version
    if outcome.already:
        return f"Version {version.id} is published already; nothing was changed."
    sentence = f"Published version {version.id} for {_days(version.days)}"
    if outcome.violations:
        sentence += f", in spite of {_many(len(outcome.violations), 'violation')} overridden with a reason"
    sentence += "."
    if outcome.unjudged:
        sentence += (
            f" {_many(outcome.unjudged, 'window')} could not be judged for want of data: "
            f"`residency validate {version.id}` lists them."
        )
    if outcome.superseded:
        sentence += f" It supersedes {', '.join(map(str, outcome.superseded))}."
    if outcome.uncovered:
        sentence += f" {_many(outcome.uncovered, 'day')} of those before have no published schedule any more."
    return sentence


def _show_refusal(outcome: "Publication", rules: str | None) -> None:
    """What stands in the way, each with its arithmetic and the command that overrides it."""
    version, blocking = outcome.version, outcome.in_the_way
    overridden = len(outcome.violations) - len(blocking)
    also = f" ({overridden} more overridden)" if overridden else ""
    print(
        f"Version {version.id} is not published, for {_many(len(blocking), 'violation')} of "
        f"{outcome.rule_set}{also}:"
    )
    chosen = f" --rules {rules}" if rules else ""
    for each in blocking:
        print(f"  {_finding_line(each)}")
        print(f"    residency publish {version.id}{chosen} --override '{each.id}=REASON'")
    print(
        "Mend the schedule, or override each finding with a reason; overrides that were given are kept while "
        "the arithmetic stays the same. Many at once: --override-file with the columns finding,reason."
    )


def _finding_line(each: "StoredFinding") -> str:
    finding = each.finding
    fixed = " Locked assignments alone cause it." if each.fixed_only else ""
    return (
        f"{finding.severity} {finding.rule}, {finding.person or finding.place}, from {finding.window_start}: "
        f"{finding.arithmetic}{fixed}"
    )


def _publication(outcome: "Publication") -> dict[str, Any]:
    def told(each: "StoredFinding") -> dict[str, Any]:
        return {
            "id": each.id,
            **asdict(each.finding),
            "verdict": each.finding.verdict,
            "fixed_only": each.fixed_only,
            "overridden": each.overridden_reason,
        }

    return {
        "version": _version(outcome.version),
        "rule_set": outcome.rule_set,
        "published": outcome.published,
        "already": outcome.already,
        "superseded": outcome.superseded,
        "unjudged": outcome.unjudged,
        "uncovered": outcome.uncovered,
        "violations": [told(each) for each in outcome.violations],
        "in_the_way": [each.id for each in outcome.in_the_way],
    }


def _version(version: "VersionFacts") -> dict[str, Any]:
    facts = asdict(version)
    days = facts.pop("days")
    return {**facts, "start": days["start"], "end": days["end"]}


def _print_json(body: object) -> None:
    print(json.dumps(body, indent=2, default=str))


def _many(count: int, noun: str) -> str:
    number = f"{count:,}".replace(",", " ")
    return f"{number} {noun}{'' if count == 1 else 's'}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _days(period: "Period") -> str:
    return f"{_day(period.start)} - {_day(period.end - timedelta(days=1))}"
