"""``residency check fairness``: how evenly the work in a file is shared, with no server and no database."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from residency.quality.results import Fairness

_NAMED = 10
_JSON_FIELDS = {"gini", "jain", "fairness", "worst_off", "max_minus_min", "degenerate"}


def fairness(
    path: Annotated[
        Path, typer.Argument(help="A CSV file: person,cohort,fte,hours,eligible_days,period_days.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Tell how evenly each cohort shares its work, on hours / (FTE x eligible / period days)."""
    from residency.importing.fairness_file import read_work_shares
    from residency.quality.fairness import fairness_of_shares

    shares = read_work_shares(path)
    judged, absent = fairness_of_shares(shares.people, shares.cohorts, shares.hours, shares.weight)
    if as_json:
        cohorts = {each.cohort: each.model_dump(include=_JSON_FIELDS) for each in judged.cohorts}
        body = {"cohorts": cohorts, "overall": judged.overall, "without_availability": absent}
        print(json.dumps(body, indent=2))
    else:
        _show(judged, absent)


def _show(judged: "Fairness", absent: tuple[str, ...]) -> None:
    """Verdict, then a line for each cohort, then who could not work at all."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from residency.reports.quality_sentences import fairness_sentence, figure, share
    from residency.reports.wording import listed

    print(fairness_sentence(judged))
    table = Table("Cohort")
    for heading in ("People", "Fairness", "Gini", "Jain"):
        table.add_column(heading, justify="right")
    table.add_column("Carries most")
    table.add_column("Spread (h)", justify="right")
    for each in judged.cohorts:
        fair = f"{share(each.fairness)}{' *' if each.degenerate else ''}"
        figures = (str(each.people), fair, figure(each.gini), figure(each.jain))
        # A file's own words are no markup.
        table.add_row(Text(each.cohort), *figures, Text(each.worst_off or "-"), figure(each.max_minus_min, 1))
    if judged.cohorts:
        Console(highlight=False).print(table)
    if any(each.degenerate for each in judged.cohorts):
        print("* One person, or no hours at all: left out of the overall fairness.")
    if absent:
        print(f"Never available, so not compared: {listed(list(absent), _NAMED)}.")
