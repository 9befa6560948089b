"""Commands for stored compliance reports: listing them and writing their files out."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import typer

from residency.errors import ConflictError
from residency.settings import Settings

if TYPE_CHECKING:
    from residency.store.compliance_reports import StoredReport

_NEWEST = 12

Kind = Literal["weekly", "monthly"]
Format = Literal["pdf", "xlsx", "json"]


def register(app: typer.Typer) -> None:
    """Add ``reports list`` and ``reports save``."""
    group = typer.Typer(no_args_is_help=True, help="Compliance reports that were made.")
    group.command("list")(list_stored)
    group.command("save")(save)
    app.add_typer(group, name="reports")


def list_stored(
    kind: Annotated[Kind, typer.Option(help="weekly or monthly.")] = "weekly",
    as_json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
) -> None:
    """List the newest reports of a kind, one a period, with what they found."""
    from residency.reports.compliance import verdict_sentence
    from residency.reports.compliance_body import ComplianceBody
    from residency.reports.wording import period_label
    from residency.store.compliance_reports import newest_reports
    from stack.database import program_database

    async def read() -> "list[StoredReport]":
        async with program_database(Settings()) as engine, engine.connect() as connection:
            return await newest_reports(connection, kind, _NEWEST)

    rows = [
        {
            "id": str(report.id),
            "start": report.period.start.isoformat(),
            "end": report.period.end.isoformat(),
            "days": period_label(report.period.start, report.period.end),
            "revision": report.revision,
            "verdict": verdict_sentence(ComplianceBody.model_validate(report.body)),
            "files": {file.format: file.location for file in report.files},
        }
        for report in asyncio.run(read())
    ]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    if not rows:
        print(f"There is no {kind} report yet.")
    for row in rows:
        print(f"{row['id']}  {row['days']}, revision {row['revision']}: {row['verdict']}")


def save(
    report: Annotated[UUID, typer.Argument(help="The report's id, as `residency reports list` shows it.")],
    to: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    file_format: Annotated[Format, typer.Option("--format", help="pdf, xlsx or json.")] = "pdf",
) -> None:
    """Write one file of a stored report, the same bytes as in the archive."""
    from residency.reports.compliance_body import ComplianceBody
    from residency.reports.compliance_files import render_file
    from residency.store.compliance_reports import find_report
    from stack.database import program_database

    async def read() -> "StoredReport":
        async with program_database(Settings()) as engine, engine.connect() as connection:
            return await find_report(connection, report)

    stored = asyncio.run(read())
    content = render_file(ComplianceBody.model_validate(stored.body), file_format)
    archived = {file.format: file for file in stored.files}.get(file_format)
    if archived is None or hashlib.sha256(content).hexdigest() != archived.sha256:
        where = f"; the archived one is {archived.location}" if archived else ""
        raise ConflictError(f"this release prints the report otherwise than it was archived{where}")
    try:
        with to.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise ConflictError(f"{to} is there already; name a new file") from error
    print(f"Wrote {to}, {len(content)} bytes with SHA-256 {archived.sha256}.")
