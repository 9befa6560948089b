"""``residency check acgme``: whether logged or planned duty keeps the duty-hours rules, with no server."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from residency.acgme.findings import Finding, Judgement
    from residency.importing.duty_files import ReadDuties

_SHOWN = 20
_FINDING_FIELDS = (
    "rule",
    "force",
    "person",
    "window_start",
    "window_end",
    "value",
    "limit",
    "unit",
    "arithmetic",
    "verdict",
)


def acgme(
    duties: Annotated[
        Path, typer.Option(help="CSV file of duty: person,start,end and optionally kind,new_patient.")
    ],
    people: Annotated[Path | None, typer.Option(help="CSV file: person,pgy.")] = None,
    leave: Annotated[
        Path | None, typer.Option(help="CSV file of whole days away: person,start,end (not included).")
    ] = None,
    periods: Annotated[
        Path | None,
        typer.Option(
            help="CSV file of days averaged together: person,start,end (not included),kind; "
            "else four weeks each from the Monday of a person's first duty."
        ),
    ] = None,
    exceptions: Annotated[
        Path | None,
        typer.Option(help="CSV file of approved weekly hours: person,start,end (not included),limit."),
    ] = None,
    rules: Annotated[
        str, typer.Option(help="acgme-2017, acgme-2011, local-default, or an overlay's .toml file.")
    ] = "acgme-2017",
    timezone: Annotated[
        str | None,
        typer.Option(
            help="IANA time zone of the site's days and of times without offset; without it every time "
            "carries its offset and days are those of UTC."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole judgement as JSON.")] = False,
) -> None:
    """Judge a duty log or roster by the ACGME's duty-hours rules."""
    from residency.acgme.engine import judge
    from residency.acgme.rules import rule_set
    from residency.importing.duty_files import DutyFiles, read_duty_files

    chosen = rule_set(rules)
    read = read_duty_files(DutyFiles(duties, people, leave, periods, exceptions), timezone)
    judgement = judge(read.record, chosen)
    if as_json:
        print(json.dumps(_as_json(judgement, read), indent=2))
    else:
        _show(judgement, read)


def _as_json(judgement: "Judgement", read: "ReadDuties") -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "rule_set": judgement.rule_set,
        "timezone": read.record.timezone,
        "findings": [_finding(finding) for finding in judgement.findings],
        "by_rule": {rule: asdict(tally) for rule, tally in judgement.by_rule.items()},
        "not_applicable": [asdict(each) for each in judgement.not_applicable],
        "people": [asdict(person) for person in judgement.people],
        "notes": [asdict(note) for note in judgement.notes],
        "repeated_rows": read.repeated_rows,
        "compliance": judgement.checks.compliance,
        "weighted_compliance": judgement.checks.weighted,
    }


def _finding(finding: "Finding") -> dict[str, Any]:
    shown = {field: getattr(finding, field) for field in _FINDING_FIELDS}
    more = {
        "severity": finding.severity,
        "pgy": finding.pgy,
        "leave_days": finding.leave_half_days / 2,
        "exception": finding.exception or None,
    }
    return {**shown, **more}


def _show(judgement: "Judgement", read: "ReadDuties") -> None:
    """Verdict in words, a line for each rule, the gravest findings, and what could not be judged."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from residency.reports.duty_sentences import (
        finding_sentence,
        judgement_sentence,
        not_judged_sentence,
        note_sentence,
    )

    print(judgement_sentence(judgement, read.record.timezone))
    table = Table("Rule")
    for heading in ("Checked", "Violations", "Warnings"):
        table.add_column(heading, justify="right")
    for rule, tally in judgement.by_rule.items():
        if tally.checked or tally.violations or tally.warnings:
            table.add_row(rule, str(tally.checked), str(tally.violations), str(tally.warnings))
    console = Console(highlight=False)
    if table.row_count:
        console.print(table)
    for finding in judgement.gravest[:_SHOWN]:
        console.print(Text(finding_sentence(finding)), soft_wrap=True)
    if len(judgement.findings) > _SHOWN:
        print(f"and {len(judgement.findings) - _SHOWN} more findings; --json lists all")
    if judgement.not_applicable:
        print(not_judged_sentence(judgement.not_applicable))
    for note in judgement.notes[:_SHOWN]:
        console.print(Text(note_sentence(note)), soft_wrap=True)
    if read.repeated_rows:
        print(f"Rows that repeat another one: {read.repeated_rows}; they count once.")
