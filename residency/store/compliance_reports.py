"""Compliance reports in the database: one revision a run, the newest of a kind, and the archive's index."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.errors import NotFoundError
from residency.program.calendar import Period
from residency.store.tables import ArchivedFile, ComplianceReportRow

_LOCK = 7_262_016
"""Advisory lock that lets one report at a time take its revision's number."""

ReportKind = Literal["weekly", "monthly", "audit"]
FileFormat = Literal["pdf", "xlsx", "json"]


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report that was made and is to be kept; ``body`` is JSON and names people by pseudonym."""

    kind: ReportKind
    period: Period
    rule_sets: tuple[str, ...]
    body: dict[str, Any]
    input_hash: str


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One file of a report in the archive: ``bytes`` is its size, ``location`` where it is found again."""

    format: FileFormat
    sha256: str
    bytes: int
    location: str


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report as it is stored; one with ``superseded_by`` has a later revision."""

    id: UUID
    kind: ReportKind
    period: Period
    revision: int
    made_at: datetime
    rule_sets: tuple[str, ...]
    body: dict[str, Any]
    files: tuple[ReportFile, ...]
    sent_to: tuple[str, ...]
    input_hash: str
    run_id: UUID | None
    superseded_by: UUID | None


async def save_report(
    connection: AsyncConnection, report: NewReport, *, at: datetime, run_id: UUID
) -> StoredReport:
    """Store a report as the newest revision of its kind and period; a run's second attempt changes nothing.

    Args:
        connection: inside a transaction.
        report: what to keep.
        at: when it was made.
        run_id: the run that made it; one revision for each run.
    """
    row = ComplianceReportRow
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    known = await _first(connection, row.run_id == run_id)
    if known is not None:
        return known
    of_period = (
        (row.kind == report.kind)
        & (row.period_start == report.period.start)
        & (row.period_end == report.period.end)
    )
    report_id = uuid4()
    await connection.execute(
        insert(row).values(
            id=report_id,
            kind=report.kind,
            period_start=report.period.start,
            period_end=report.period.end,
            rule_sets=list(report.rule_sets),
            body=report.body,
            revision=await next_revision(connection, report.kind, report.period),
            made_at=at,
            input_hash=report.input_hash,
            run_id=run_id,
        )
    )
    former = of_period & row.superseded_by.is_(None) & (row.id != report_id)
    await connection.execute(update(row).where(former).values(superseded_by=report_id))
    return await find_report(connection, report_id)


async def report_of_run(connection: AsyncConnection, run_id: UUID) -> StoredReport | None:
    """The report that a run has stored already, None when it has none."""
    return await _first(connection, ComplianceReportRow.run_id == run_id)


async def next_revision(connection: AsyncConnection, kind: ReportKind, period: Period) -> int:
    """The number that the next report of a kind on a period gets, if nobody else stores one before."""
    row = ComplianceReportRow
    newest = await connection.scalar(
        select(func.max(row.revision)).where(
            row.kind == kind, row.period_start == period.start, row.period_end == period.end
        )
    )
    return (newest or 0) + 1


async def index_files(
    connection: AsyncConnection, report_id: UUID, files: Sequence[ReportFile], *, at: datetime
) -> None:
    """Enter a report's files in the archive's index and on the report itself; a second time changes nothing.

    Raises:
        NotFoundError: if there is no report of that id.
    """
    entries = [{"report_id": report_id, "made_at": at, **asdict(file)} for file in files]
    if entries:
        entering = insert(ArchivedFile).values(entries)
        await connection.execute(
            entering.on_conflict_do_update(
                index_elements=[ArchivedFile.report_id, ArchivedFile.format],
                set_={name: entering.excluded[name] for name in ("sha256", "bytes", "location", "made_at")},
                where=ArchivedFile.sha256 != entering.excluded.sha256,
            )
        )
    await _note(connection, report_id, files=[asdict(file) for file in files])


async def note_recipients(connection: AsyncConnection, report_id: UUID, sent_to: Sequence[str]) -> None:
    """Note who the report was sent to.

    Raises:
        NotFoundError: if there is no report of that id.
    """
    await _note(connection, report_id, sent_to=list(sent_to))


async def _note(connection: AsyncConnection, report_id: UUID, **values: Any) -> None:  # noqa: ANN401 - columns
    row = ComplianceReportRow
    noted = await connection.execute(update(row).where(row.id == report_id).values(values).returning(row.id))
    if noted.first() is None:
        raise NotFoundError(f"there is no compliance report {report_id}")


async def newest_reports(
    connection: AsyncConnection, kind: ReportKind, count: int, *, before: date | None = None
) -> list[StoredReport]:
    """The newest reports of a kind, one a period in its newest revision, newest period first.

    Args:
        connection: an open connection.
        kind: weekly, monthly or audit.
        count: how many at most.
        before: a day; only reports on periods that ended on or before it, None for all.
    """
    row = ComplianceReportRow
    wanted = select(row.__table__).where(row.kind == kind, row.superseded_by.is_(None))
    if before is not None:
        wanted = wanted.where(row.period_end <= before)
    newest = wanted.order_by(row.period_end.desc(), row.period_start.desc()).limit(count)
    return [_stored(found) for found in await connection.execute(newest)]


async def find_report(connection: AsyncConnection, report_id: UUID) -> StoredReport:
    """One report.

    Raises:
        NotFoundError: if there is none of that id.
    """
    found = await _first(connection, ComplianceReportRow.id == report_id)
    if found is None:
        raise NotFoundError(f"there is no compliance report {report_id}")
    return found


async def _first(connection: AsyncConnection, condition: Any) -> StoredReport | None:  # noqa: ANN401 - SQL
    found = (await connection.execute(select(ComplianceReportRow.__table__).where(condition))).first()
    return _stored(found) if found else None


def _stored(row: Row[Any]) -> StoredReport:
    files: list[dict[str, Any]] = row.files
    return StoredReport(
        id=row.id,
        kind=row.kind,
        period=Period(row.period_start, row.period_end),
        revision=row.revision,
        made_at=row.made_at,
        rule_sets=tuple(row.rule_sets),
        body=row.body,
        files=tuple(ReportFile(**file) for file in files),
        sent_to=tuple(row.sent_to),
        input_hash=row.input_hash,
        run_id=row.run_id,
        superseded_by=row.superseded_by,
    )
