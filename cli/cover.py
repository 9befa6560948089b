"""Commands that ask about one person's absence: what breaks, and who can cover."""

import asyncio
import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from residency.program.vocabulary import AbsenceType
from residency.settings import Settings

if TYPE_CHECKING:
    from residency.scheduling.cover_results import AbsenceEffects, CoverReport, OpenSlot
    from residency.store.absence_cases import LoadedCase

_SUBSTITUTES = 3
_REASONS = 4
_CONFLICTS = 15

Person = Annotated[str, typer.Argument(help="The person's id (or pseudonym).")]
From = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day away.")]
To = Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day away.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")]


def register(app: typer.Typer) -> None:
    """Add ``cover`` and ``simulate-absence``."""
    app.command("cover")(cover)
    app.command("simulate-absence")(simulate_absence)


def cover(
    person: Person,
    start: From,
    last: To,
    most: Annotated[
        int, typer.Option(min=1, max=100, help="Substitutes for each slot in the JSON answer.")
    ] = 10,
    time_limit: Annotated[
        float | None,
        typer.Option(min=1, max=300, help="Seconds in which a solver may look for a better plan."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell who can cover for a person: what opens, who could take it, and one plan for all; changes nothing.

    A gap that nobody can close is an answer too, with its proof, and exits with 0.
    """
    from residency.scheduling.cover_report import cover_report

    found = _load(person, start, last, AbsenceType.VACATION)
    report = cover_report(
        found.case, naming="id", version_ids=found.version_ids, most=most, seconds=time_limit
    )
    if as_json:
        print(json.dumps(report.model_dump(mode="json"), indent=2))
    else:
        _show_cover(report)


def simulate_absence(
    person: Person,
    start: From,
    last: To,
    kind: Annotated[
        AbsenceType, typer.Option("--type", help="Why the person is away; decides what recovery is owed.")
    ] = AbsenceType.VACATION,
    as_json: AsJson = False,
) -> None:
    """Tell what breaks if a person is away: gaps, supervision, conflicts, levels before and after.

    Nothing is stored. An absence that cannot be absorbed is an answer, and exits with 0.
    """
    from residency.scheduling.absence_effects import absence_effects

    found = _load(person, start, last, kind)
    effects = absence_effects(found.case, naming="id", version_ids=found.version_ids)
    if as_json:
        print(json.dumps(effects.model_dump(mode="json"), indent=2))
    else:
        _show_effects(effects)


def _load(person: str, start: datetime, last: datetime, kind: AbsenceType) -> "LoadedCase":
    from residency.store.absence_cases import load_absence_case
    from stack.database import program_database

    settings = Settings()

    async def read() -> "LoadedCase":
        async with program_database(settings) as engine:
            return await load_absence_case(
                engine, person, start.date(), last.date(), settings.timezone, naming="id", kind=kind
            )

    return asyncio.run(read())


def _show_cover(report: "CoverReport") -> None:
    """Verdict, plan, proofs, then slot by slot."""
    from residency.reports.cover_page import cover_sentences

    print(" ".join(cover_sentences(report)))
    plan = report.plan
    sections = (
        ("The plan:", [move.sentence for move in plan.moves]),
        ("Still open:", list(plan.still_open)),
        ("Why nobody can:", [each.sentence for each in plan.blocking]),
    )
    for title, sentences in sections:
        if sentences:
            print(title)
        for sentence in sentences:
            print(f"- {sentence}")
    for slot in report.slots:
        _show_slot(slot)


def _show_slot(slot: "OpenSlot") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from residency.reports.cover_page import (
        SUBSTITUTE_HEADINGS,
        ruled_out_sentences,
        slot_title,
        substitute_row,
    )

    print(f"\n{slot_title(slot)}")
    if slot.substitutes:
        table = Table(*SUBSTITUTE_HEADINGS)
        for each in slot.substitutes[:_SUBSTITUTES]:
            # A database's own words are no markup.
            table.add_row(*(Text(cell) for cell in substitute_row(each)))
        Console(highlight=False).print(table)
    for sentence in ruled_out_sentences(slot.ruled_out[:_REASONS]):
        print(f"  {sentence}")


def _show_effects(effects: "AbsenceEffects") -> None:
    """Verdict, levels before and after, then the conflicts."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from residency.reports.absence_page import LEVEL_HEADINGS, effect_sentences, level_rows

    print(" ".join(effect_sentences(effects)))
    table = Table(*LEVEL_HEADINGS)
    for row in level_rows(effects):
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(table)
    for conflict in effects.conflicts[:_CONFLICTS]:
        print(f"{conflict.severity}: {conflict.description}")
    if len(effects.conflicts) > _CONFLICTS:
        print(f"and {len(effects.conflicts) - _CONFLICTS} more; --json lists them")
