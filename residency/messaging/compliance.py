"""Telling the compliance officer's role that a report is there, once for each report."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from residency.messaging.alerts import notify
from residency.program.vocabulary import UserRole
from residency.store.compliance_reports import ReportFile, StoredReport, note_recipients
from residency.store.recipients import users_of_roles


async def tell_compliance_officers(
    connection: AsyncConnection,
    report: StoredReport,
    files: Sequence[ReportFile],
    *,
    period: str,
    verdict: str,
    role: UserRole,
    now: datetime,
) -> int:
    """Put a pointer to the report into the inbox of every active user of a role, and wish for its e-mail.

    Args:
        connection: inside the transaction that stores the report.
        report: the report as it is stored.
        files: its files in the archive.
        period: its days in words.
        verdict: its verdict in words, naming nobody.
        role: whose users are told.
        now: the current instant, aware.

    Returns:
        How many users are told; none when no active user has the role.
    """
    recipients = await users_of_roles(connection, [role])
    listed = "\n".join(f"{file.format}: {file.location} (SHA-256 {file.sha256})" for file in files)
    told = await notify(
        connection,
        recipients,
        kind="compliance_alert",
        subject=f"{report.kind.capitalize()} compliance report, {period}",
        body=f"{verdict}\n\nReport {report.id}, revision {report.revision}, is in the archive:\n{listed}",
        data={"report_id": str(report.id), "files": [asdict(file) for file in files]},
        priority="normal",
        dedup_key=f"compliance_report:{report.id}",
        by_email=True,
        now=now,
    )
    await note_recipients(connection, report.id, [str(recipient) for recipient in recipients])
    return told
