"""Commands for what the duty-hours engine found: listing findings and deciding on them."""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import typer

from residency.errors import InvalidInputError
from residency.settings import Settings

if TYPE_CHECKING:
    from residency.store.acgme_findings import StoredFinding

_SHOWN = 50


Status = Literal["open", "justified", "false_positive", "closed"]


def register(app: typer.Typer) -> None:
    """Add ``findings list`` and ``findings justify``."""
    group = typer.Typer(no_args_is_help=True, help="What the duty-hours engine found in stored schedules.")
    group.command("list")(list_stored)
    group.command("justify")(justify)
    app.add_typer(group, name="findings")


def list_stored(
    status: Annotated[
        Status | None, typer.Option(help="Only findings of this status; all that hold by default.")
    ] = None,
    rule: Annotated[str | None, typer.Option(help="A rule's id, such as HOURS_80.")] = None,
    version: Annotated[
        UUID | None, typer.Option(help="A draft's findings instead of those of the published schedule.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """List stored findings, gravest first."""
    from residency.acgme.findings import SUPERVISION
    from residency.acgme.rules import Rules
    from residency.store.acgme_findings import STANDING, draft_of, list_findings
    from stack.database import program_database

    known = (*Rules.model_fields, SUPERVISION)
    if rule is not None and rule not in known:
        raise InvalidInputError("rule", rule, f"one of {', '.join(known)}")

    async def read() -> "list[StoredFinding]":
        async with program_database(Settings()) as engine, engine.connect() as connection:
            statuses = (status,) if status else STANDING
            draft = await draft_of(connection, version)
            found = await list_findings(connection, draft_id=draft, statuses=statuses)
            return [each for each in found if rule in (None, each.finding.rule)]

    found = asyncio.run(read())
    if as_json:
        print(json.dumps([_told(each) for each in found], indent=2, default=str))
        return
    if not found:
        print("There is no such finding.")
    for each in found[:_SHOWN]:
        print(_lines(each))
    if len(found) > _SHOWN:
        print(f"and {len(found) - _SHOWN} more; --json lists all")


def justify(
    finding: Annotated[UUID, typer.Argument(help="The finding's id, as `residency findings list` shows it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, in words; reports show it.")],
    false_positive: Annotated[
        bool, typer.Option("--false-positive", help="The finding is wrong, not only excused.")
    ] = False,
) -> None:
    """Justify a finding, or mark it as a false positive; it reopens when its arithmetic changes."""
    from residency.store.acgme_findings import decide_finding
    from stack.database import command_actor, program_database

    async def decide() -> "StoredFinding":
        async with program_database(Settings()) as engine, engine.begin() as connection:
            decision = "false_positive" if false_positive else "justified"
            return await decide_finding(
                connection, finding, decision, reason, command_actor(), datetime.now(UTC)
            )

    decided = asyncio.run(decide())
    what = "marked as a false positive" if false_positive else "justified"
    print(f"Finding {finding} is {what}: {decided.justification}")


def _lines(each: "StoredFinding") -> str:
    finding = each.finding
    lines = [
        f"{each.id}  {finding.severity} {finding.rule} ({each.status}), {finding.person or finding.place}, "
        f"from {finding.window_start}, {finding.basis}, {finding.rule_set}",
        f"  {finding.arithmetic}",
    ]
    if each.justification:
        lines.append(f"  Decided by {each.decided_by}: {each.justification}")
    if each.overridden_reason:
        lines.append(f"  Overridden by {each.overridden_by}: {each.overridden_reason}")
    return "\n".join(lines)


def _told(each: "StoredFinding") -> dict[str, Any]:
    facts = asdict(each)
    finding = facts.pop("finding")
    return {**facts, **finding, "verdict": each.finding.verdict}
