"""Commands for the audit log: whether it is whole."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from residency.settings import Settings

if TYPE_CHECKING:
    from residency.audit.chain import ChainHead, ChainReport


def register(app: typer.Typer) -> None:
    """Add ``audit verify``."""
    group = typer.Typer(no_args_is_help=True, help="The append-only log of who changed what.")
    group.command("verify")(verify)
    app.add_typer(group, name="audit")


def verify(
    head: Annotated[
        str | None,
        typer.Option(
            metavar="SEQ:HASH", help="A head that an earlier check printed: the log must contain it."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Compute every hash of the audit log anew; exit code 1 when an entry was changed, moved or removed."""
    from residency.audit.chain import ChainHead
    from residency.audit.verification import check_audit_log
    from stack.database import program_database

    witness = ChainHead.parse(head) if head is not None else None

    async def check() -> "ChainReport":
        async with program_database(Settings()) as engine:
            return await check_audit_log(engine, witness)

    report = asyncio.run(check())
    if as_json:
        print(json.dumps(_fields(report), indent=2))
    else:
        print(_sentence(report, witness))
        for fault in report.faults:
            print(f"  {fault.sentence}")
    if report.faults:
        raise typer.Exit(1)


def _sentence(report: "ChainReport", witness: "ChainHead | None") -> str:
    if report.faults:
        return f"The audit log is damaged; faults found: {len(report.faults)}."
    if report.first_at is None or report.last_at is None:
        return "The audit log is empty."
    contained = f" It contains entry {witness.seq} as it was noted." if witness else ""
    entries = f"{report.entries:,}".replace(",", " ")
    return (
        f"The audit log is whole: {entries} entries from {report.first_at:%-d %b %Y %H:%M} to "
        f"{report.last_at:%-d %b %Y %H:%M} UTC.{contained}\nIts head is {report.head}; noted elsewhere, it "
        "shows whether this history is ever replaced by another."
    )


def _fields(report: "ChainReport") -> dict[str, object]:
    return {
        "whole": not report.faults,
        "entries": report.entries,
        "first_at": report.first_at.isoformat() if report.first_at else None,
        "last_at": report.last_at.isoformat() if report.last_at else None,
        "head": str(report.head),
        "faults": [
            {"seq": fault.seq, "kind": fault.kind, "sentence": fault.sentence} for fault in report.faults
        ],
    }
