"""Commands that list the fallback schedules and show what one of them would change for whom."""

import asyncio
import json
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from residency.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from residency.resilience.fallback_results import FallbackChange, StoredFallback

AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON.")]
Fallback = Annotated[UUID, typer.Argument(help="The fallback's id, as `residency fallbacks list` gives it.")]

_DAYS_SHOWN = 14
"""Days with changes that a terminal shows; --json gives all."""


def register(app: typer.Typer) -> None:
    """Add ``fallbacks list`` and ``fallbacks show``."""
    fallbacks = typer.Typer(no_args_is_help=True, help="Schedules that are prepared for a bad day.")
    fallbacks.command("list")(list_)
    fallbacks.command("show")(show)
    app.add_typer(fallbacks, name="fallbacks")


def list_(
    everything: Annotated[
        bool, typer.Option("--all", help="Those that are out of date, over or retired as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Tell which bad days are prepared for, how well, and until when."""
    from residency.reports.fallback_page import fallback_sentences
    from residency.store.fallback_schedules import list_fallbacks
    from stack.database import program_database

    settings = Settings()
    today = datetime.now(ZoneInfo(settings.timezone)).date()

    async def read() -> "list[StoredFallback]":
        async with program_database(settings) as engine, engine.connect() as connection:
            if everything:
                return await list_fallbacks(connection)
            return await list_fallbacks(connection, statuses=("ready", "active"), valid_on=today)

    found = asyncio.run(read())
    if as_json:
        print(json.dumps([_facts(each) for each in found], indent=2))
        return
    if not found:
        print(
            "No fallback schedule stands ready; the flow precompute_fallback_schedules computes them on "
            "Sundays, and after each publication."
        )
        return
    for sentence in fallback_sentences([each for each in found if each.is_usable]):
        print(sentence)
    _print_lines(found)


def show(fallback_id: Fallback, as_json: AsJson = False) -> None:
    """Tell what one fallback would change for whom on which day, and what it leaves empty."""
    from residency.store.draft_versions import fallback_changes
    from residency.store.fallback_schedules import load_fallback
    from stack.database import program_database

    async def read() -> "tuple[StoredFallback, list[FallbackChange]]":
        async with program_database(Settings()) as engine, engine.connect() as connection:
            fallback = await load_fallback(connection, fallback_id)
            return fallback, await fallback_changes(connection, fallback)

    fallback, changes = asyncio.run(read())
    if as_json:
        moves = [asdict(each) | {"day": each.day.isoformat()} for each in changes]
        print(json.dumps({**_facts(fallback), "moves": moves}, indent=2))
        return
    _print_summary(fallback)
    _print_changes(changes)


def _facts(fallback: "StoredFallback") -> dict[str, Any]:
    """A fallback as JSON; people by their own ids."""
    from pydantic_core import to_jsonable_python

    facts = asdict(fallback)
    for row_ids_and_repetitions in ("subject", "pseudonyms", "period", "call_moves"):
        del facts[row_ids_and_repetitions]
    more = {"last_day": fallback.last_day, "unstaffed_calls": fallback.unstaffed_calls}
    return to_jsonable_python(facts | more)


def _print_lines(found: "Sequence[StoredFallback]") -> None:
    """A line for each: an id does not fit a table in a terminal of 80 columns."""
    from residency.reports.wording import plural

    for each in found:
        lost = f" without {', '.join(each.people)}" if each.people else ""
        print(
            f"{each.id}  {each.status:<7} {each.scenario}{lost}: {_covered(each)} covered, "
            f"{plural(each.changes, 'change')}, {plural(each.unfilled_slots, 'empty slot')}, {_proof(each)}, "
            f"through {each.last_day}"
        )


def _covered(fallback: "StoredFallback") -> str:
    from residency.reports.wording import percent

    return percent(*fallback.coverage.as_integer_ratio())


def _proof(fallback: "StoredFallback") -> str:
    if fallback.gap is None:
        return "not proven"
    return "proven best" if fallback.gap == 0 else f"within {100 * fallback.gap:.1f} % of the best"


def _print_summary(fallback: "StoredFallback") -> None:
    from residency.reports.fallback_page import SCENARIO_WORDS
    from residency.reports.wording import period_label, plural

    lost = f" ({', '.join(fallback.people)})" if fallback.people else ""
    print(
        f"{SCENARIO_WORDS[fallback.scenario].capitalize()}{lost}, "
        f"{period_label(fallback.valid_from, fallback.valid_until)}: {_covered(fallback)} of the slots are "
        f"covered, {plural(fallback.changes, 'half-day')} of somebody change, "
        f"{plural(fallback.unfilled_slots, 'slot stays', 'slots stay')} empty."
    )
    state = {
        "ready": "It is ready: a draft can be made of it.",
        "active": "It is active: a draft was made of it.",
        "stale": "It is out of date: the schedule, the people or the absences have changed since.",
        "draft": "No schedule could be computed for it.",
        "retired": "It is over.",
    }
    print(state[fallback.status])
    if fallback.services_reduced:
        print(f"Services that stop or have less to do: {', '.join(fallback.services_reduced)}.")
    if fallback.unstaffed_calls:
        print(f"Nobody can take {plural(fallback.unstaffed_calls, 'call shift')} of the lost.")
    for sentence in fallback.violations:
        print(f"Broken rule: {sentence}")
    for sentence in fallback.assumptions:
        print(f"Assumed: {sentence}")
    for each in fallback.unfilled[:_DAYS_SHOWN]:
        print(f"Empty: {each['date']} {each['half']}, {each['post']} ({each['slots']}).")
    if len(fallback.unfilled) > _DAYS_SHOWN:
        print(f"and {len(fallback.unfilled) - _DAYS_SHOWN} more half-days of a service; --json lists them.")


def _print_changes(changes: "Sequence[FallbackChange]") -> None:
    if not changes:
        print("It changes nothing in the published schedule.")
        return
    days = [(day, list(moves)) for day, moves in groupby(changes, key=lambda each: each.day)]
    for day, moves in days[:_DAYS_SHOWN]:
        print(f"{day:%a} {day}:")
        for move in moves:
            was, now = move.before or "nothing", move.after or "nothing"
            print(f"  {move.half} {move.person}: {now} instead of {was}")
    if len(days) > _DAYS_SHOWN:
        print(f"and {len(days) - _DAYS_SHOWN} more days with changes; --json lists them all.")
