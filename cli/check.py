"""Commands that judge files by themselves, with no server and no database."""

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.check_acgme import acgme
from cli.check_fairness import fairness
from residency.errors import InvalidInputError

if TYPE_CHECKING:
    from rich.table import Table

    from residency.program.calendar import Period
    from residency.program.records import Program
    from residency.resilience.results import ContingencyReport

PEOPLE_SHOWN = 15
_JSON_FIELDS = {
    "base",
    "n1",
    "n2",
    "n1_pass",
    "n2_pass",
    "joint_only_pairs",
    "phase_risk",
    "phase_indicators",
    "recommendations",
    "warnings",
}


class Who(StrEnum):
    """Whose losses are analysed, alone and in pairs."""

    FACULTY = "faculty"
    ALL = "all"


def register(app: typer.Typer) -> None:
    """Add ``check contingency``, ``check fairness`` and ``check acgme``."""
    check = typer.Typer(no_args_is_help=True, help="Judge files without server or database.")
    check.command("contingency")(contingency)
    check.command("fairness")(fairness)
    check.command("acgme")(acgme)
    app.add_typer(check, name="check")


def contingency(
    path: Annotated[Path, typer.Argument(help="A bundle: a folder of CSV files or an .xlsx workbook.")],
    who: Annotated[Who, typer.Option(help="Whose losses, alone and in pairs.")] = Who.FACULTY,
    start: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day; the schedule's first by default."),
    ] = None,
    end: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day after the last one; the schedule's by default."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")] = False,
) -> None:
    """Tell what the loss of any one person, or of any two, does to the schedule in a bundle."""
    from residency.importing.bundle import read_program
    from residency.program.snapshot import Snapshot
    from residency.resilience.contingency import analyze
    from residency.resilience.phase_transition import PhaseInputs
    from residency.resilience.utilization import utilization
    from residency.settings import Settings

    program = read_program(path, Settings())
    snapshot = Snapshot.of(program, _period(program, start, end))
    phase = PhaseInputs(utilization=utilization(snapshot))
    report = analyze(snapshot, who=who.value, phase=phase)
    if as_json:
        period = {"start": report.period_start.isoformat(), "end": report.period_end.isoformat()}
        body = {"period": period, **report.model_dump(mode="json", include=_JSON_FIELDS)}
        print(json.dumps(body, indent=2))
    else:
        _show(report)


def _period(program: "Program", start: datetime | None, end: datetime | None) -> "Period":
    """The days asked for; what is not asked for comes from the schedule itself."""
    from residency.importing.bundle import program_period
    from residency.program.calendar import Period

    if start is not None and end is not None:
        period = Period(start.date(), end.date())
    else:
        whole = program_period(program)
        period = Period(start.date() if start else whole.start, end.date() if end else whole.end)
    if not period.days:
        raise InvalidInputError("end", period.end.isoformat(), f"a date after {period.start.isoformat()}")
    return period


def _show(report: "ContingencyReport") -> None:
    """Verdict, then people worst first, then what to do."""
    from rich.console import Console

    from residency.reports.verdicts import contingency_sentences
    from residency.reports.wording import period_label
    from residency.resilience.caveats import NOTHING_REQUIRED

    days = period_label(report.period_start, report.period_end)
    if NOTHING_REQUIRED in report.warnings:
        print(f"{days}: {NOTHING_REQUIRED}.")
        return
    console = Console(highlight=False)
    headline, *facts = contingency_sentences(report)
    print(f"{headline} {' '.join(facts)} ({days})")
    if any(loss.severity != "none" for loss in report.n1):
        console.print(_table(report))
    if report.recommendations:
        print("What to do:")
    for step in report.recommendations:
        print(f"- {step.sentence}")
    if report.warnings:
        print("What to know about the data:")
    for warning in report.warnings:
        print(f"- {warning}")


def _table(report: "ContingencyReport") -> "Table":
    from rich.table import Table

    hit = [loss for loss in report.n1 if loss.severity != "none"]
    rest = len(hit) - PEOPLE_SHOWN
    table = Table(caption=f"and {rest} more people" if rest > 0 else None)
    table.add_column("If away alone")
    table.add_column("Severity")
    for heading in ("Nobody can cover", "Supervision missing", "To hand over", "Only one assigned"):
        table.add_column(heading, justify="right")
    for loss in hit[:PEOPLE_SHOWN]:
        figures = (loss.reassigned_gap, loss.supervision_deficit, loss.assigned_gap, loss.sole_provider_slots)
        table.add_row(loss.person, loss.severity, *map(str, figures))
    return table
