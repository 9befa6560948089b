"""The command that makes a roster from a plain-text instance, with no server and no database."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cli import process_age

_ENDING_SECONDS = 0.6
"""Kept of the time limit for judging, printing and leaving."""


def register(app: typer.Typer) -> None:
    """Add ``solve``."""
    app.command("solve")(solve)


def solve(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="An instance in the text format of Curtois and Qu.")
    ],
    time_limit: Annotated[
        float, typer.Option(min=1, max=86_400, help="Seconds until the answer, start-up included.")
    ] = 60.0,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Searches side by side, one core each.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")] = False,
) -> None:
    """Find the best roster for a shift-scheduling instance, and say how good it is proven to be."""
    from residency.scheduling.rostering.reader import read_instance
    from residency.scheduling.rostering.search import solve_roster
    from residency.scheduling.rostering.wording import roster_json, roster_lines, roster_sentences

    instance = read_instance(path)
    seconds = max(0.0, time_limit - process_age() - _ENDING_SECONDS)
    result = solve_roster(instance, seconds=seconds, workers=workers)
    if as_json:
        print(json.dumps(roster_json(instance, result)))
    else:
        print("\n".join([*roster_sentences(result), *roster_lines(instance, result)]))
    if result.roster is None:
        raise typer.Exit(1)
