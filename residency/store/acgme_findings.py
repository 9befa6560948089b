"""Findings of the duty-hours engine in the database: taken over from a judgement, listed and decided."""

import json
from collections.abc import Collection, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import Row, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.acgme.findings import Finding, Force, Judgement, Severity
from residency.acgme.record import Basis
from residency.errors import ConflictError, InvalidInputError, NotFoundError
from residency.program.calendar import Period
from residency.store.statements import statement
from residency.store.tables import AcgmeFindingRow, PersonRow, ScheduleVersion

_LOCK = 7_262_015
"""Advisory lock that lets one judgement be taken over at a time."""

Status = Literal["open", "justified", "false_positive", "closed"]
Decision = Literal["justified", "false_positive"]
STANDING: tuple[Status, ...] = ("open", "justified", "false_positive")
"""Statuses of findings that hold."""

FindingKey = tuple[str, str, str, str, str, str]
"""As :attr:`residency.acgme.findings.Finding.key`."""


@dataclass(frozen=True, slots=True)
class SavedFindings:
    """How many findings are new, were known, are open again though decided or closed, and hold no more."""

    opened: int
    kept: int
    reopened: int
    closed: int


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A finding as it is stored. ``finding.person`` is the person's own id, ``pseudonym`` what others see.

    ``draft_id`` names the unpublished version it was found in; it is empty for findings that stand: those of
    the published schedule and of logged duty.
    """

    id: UUID
    finding: Finding
    pseudonym: str
    status: Status
    fixed_only: bool
    version_id: UUID | None
    draft_id: UUID | None
    detected_at: datetime
    detected_run: UUID | None
    decision: Decision | None
    decided_by: str | None
    decided_at: datetime | None
    justification: str | None
    overridden_reason: str | None
    overridden_by: str | None
    overridden_at: datetime | None
    closed_at: datetime | None
    closed_run: UUID | None


async def draft_of(connection: AsyncConnection, version_id: UUID | None) -> UUID | None:
    """The version if its findings are kept apart because it is not published; None for what stands.

    Raises:
        NotFoundError: if there is no version of that id.
    """
    if version_id is None:
        return None
    wanted = select(ScheduleVersion.publication).where(ScheduleVersion.id == version_id)
    publication = await connection.scalar(wanted)
    if publication is None:
        raise NotFoundError(f"there is no schedule version {version_id}")
    return None if publication == "published" else version_id


async def save_findings(
    connection: AsyncConnection,
    judgement: Judgement,
    fixed_only: Set[FindingKey],
    *,
    version_id: UUID | None,
    run_id: UUID | None,
    at: datetime,
    period: Period,
) -> SavedFindings:
    """Take over what a judgement found; a second time changes nothing.

    A finding that is known keeps its decision while its arithmetic is unchanged and is open again when it has
    changed; the former justification stays in the audit log. Known findings whose window ends in the period
    and that the judgement did not make again are closed, unless it could not judge them.

    Args:
        connection: inside a transaction.
        judgement: findings with people's own ids.
        fixed_only: keys of the findings that locked assignments alone cause.
        version_id: the version judged, None where the published schedule consists of several; findings of a
            version that is not published are kept apart from those that stand.
        run_id: the run that judged.
        at: when.
        period: the judged days, in which the windows end.

    Raises:
        NotFoundError: if there is no version of that id.
    """
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    draft_id = await draft_of(connection, version_id) if judgement.basis is Basis.PLANNED else None
    rows = [_as_row(finding, finding.key in fixed_only) for finding in judgement.findings]
    unjudged = [asdict(each) for each in judgement.not_applicable]
    saved = await connection.exec_driver_sql(
        statement("findings_save"),
        (
            json.dumps(rows, default=str),
            judgement.rule_set,
            str(judgement.basis),
            version_id,
            draft_id,
            run_id,
            at,
            period.start,
            period.end,
            json.dumps(unjudged),
        ),
    )
    return SavedFindings(*saved.one())


def _as_row(finding: Finding, fixed_only: bool) -> dict[str, Any]:
    first, last = window_days(finding)
    fields = asdict(finding)
    return {
        **fields,
        "limit_value": fields["limit"],
        "first_day": first,
        "last_day": last,
        "fixed_only": fixed_only,
    }


def window_days(finding: Finding) -> tuple[date, date]:
    """The first and last local day of a finding's window, both inclusive."""
    first = datetime.fromisoformat(finding.window_start)
    end = datetime.fromisoformat(finding.window_end)
    return first.date(), max(first.date(), (end - timedelta(minutes=1)).date())


async def list_findings(
    connection: AsyncConnection,
    *,
    draft_id: UUID | None = None,
    basis: Basis | None = None,
    rule_set: str | None = None,
    period: Period | None = None,
    statuses: Collection[Status] = STANDING,
    forces: Collection[Force] = tuple(Force),
    person: str | None = None,
    limit: int | None = None,
) -> list[StoredFinding]:
    """Stored findings, gravest first and then by window and person.

    Args:
        connection: an open connection.
        draft_id: an unpublished version whose findings are wanted instead of those that stand.
        basis: planned or logged, None for both.
        rule_set: id of the rule set, None for all.
        period: days in which the windows end, None for all.
        statuses: the statuses wanted.
        forces: the forces wanted.
        person: a person's own id or pseudonym, None for all.
        limit: how many at most, None for all.
    """
    row = AcgmeFindingRow
    wanted = (
        _SELECTED.where(row.draft_id.is_not_distinct_from(draft_id), row.status.in_(statuses))
        .where(row.force.in_(forces))
        .order_by(func.array_position(_GRAVEST_FIRST, row.severity), row.first_day, row.window_start)
        .order_by(PersonRow.external_id, row.place, row.rule)
    )
    if basis is not None:
        wanted = wanted.where(row.basis == basis)
    if rule_set is not None:
        wanted = wanted.where(row.rule_set == rule_set)
    if period is not None:
        wanted = wanted.where(row.last_day >= period.start, row.last_day < period.end)
    if person is not None:
        wanted = wanted.where(or_(PersonRow.external_id == person, PersonRow.pseudonym == person))
    return [_stored(found) for found in await connection.execute(wanted.limit(limit))]


async def find_finding(connection: AsyncConnection, finding_id: UUID) -> StoredFinding:
    """One finding.

    Raises:
        NotFoundError: if there is none of that id.
    """
    found = (await connection.execute(_SELECTED.where(AcgmeFindingRow.id == finding_id))).first()
    if found is None:
        raise NotFoundError(f"there is no finding {finding_id}")
    return _stored(found)


async def decide_finding(
    connection: AsyncConnection, finding_id: UUID, decision: Decision, reason: str, by: str, at: datetime
) -> StoredFinding:
    """Justify a finding or mark it as a false positive; a later decision replaces an earlier one.

    Args:
        connection: inside a transaction.
        finding_id: the finding.
        decision: ``justified`` or ``false_positive``.
        reason: why, in words.
        by: who decides.
        at: when.

    Raises:
        InvalidInputError: for another decision, or without a reason or a name.
        NotFoundError: if there is no finding of that id.
        ConflictError: if it is closed: it does not hold any more.
    """
    if decision not in get_args(Decision):
        raise InvalidInputError("decision", decision, " or ".join(get_args(Decision)))
    values = {
        "status": decision,
        "decision": decision,
        "justification": _words("reason", reason),
        "decided_by": _words("by", by),
        "decided_at": at,
    }
    return await _change(connection, finding_id, values)


async def override_finding(
    connection: AsyncConnection, finding_id: UUID, reason: str, by: str, at: datetime
) -> StoredFinding:
    """Let a version be published in spite of one of its findings; the finding itself stays as it is.

    Raises:
        InvalidInputError: without a reason or a name.
        NotFoundError: if there is no finding of that id.
        ConflictError: if it is closed: nothing stands in the way.
    """
    values = {
        "overridden_reason": _words("reason", reason),
        "overridden_by": _words("by", by),
        "overridden_at": at,
    }
    return await _change(connection, finding_id, values)


def _words(field: str, value: str) -> str:
    if not value.strip():
        raise InvalidInputError(field, value, "some words")
    return value.strip()


async def _change(connection: AsyncConnection, finding_id: UUID, values: dict[str, Any]) -> StoredFinding:
    """Change a finding that is not closed."""
    row = AcgmeFindingRow
    changed = await connection.execute(
        update(row)
        .where(row.id == finding_id, row.status != "closed")
        .values(updated_at=func.now(), **values)
        .returning(row.id)
    )
    missed = changed.first() is None
    stored = await find_finding(connection, finding_id)
    if missed:
        raise ConflictError(f"finding {finding_id} is closed: it does not hold any more")
    return stored


async def adopt_draft_findings(connection: AsyncConnection, version_id: UUID) -> int:
    """Let the findings of a draft stand once it is published, with their decisions and overrides.

    A decision on a finding that stood already with the same arithmetic goes before that on the draft's.

    Args:
        connection: inside the transaction that publishes the version.
        version_id: the version.

    Returns:
        How many findings of the draft hold.
    """
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    adopted = await connection.exec_driver_sql(statement("findings_adopt"), (version_id,))
    return len(adopted.all())


_GRAVEST_FIRST = [str(severity) for severity in Severity]
_SELECTED = select(
    AcgmeFindingRow.__table__,
    PersonRow.external_id,
    PersonRow.pseudonym,
).outerjoin(PersonRow, PersonRow.id == AcgmeFindingRow.person_id)


def _stored(row: Row[Any]) -> StoredFinding:
    intervals: Sequence[Sequence[str]] = row.intervals
    return StoredFinding(
        id=row.id,
        finding=Finding(
            rule=row.rule,
            rule_set=row.rule_set,
            force=row.force,
            severity=row.severity,
            basis=row.basis,
            person=row.external_id or "",
            window_start=row.window_start,
            window_end=row.window_end,
            value=row.value,
            limit=row.limit_value,
            unit=row.unit,
            arithmetic=row.arithmetic,
            pgy=row.pgy,
            place=row.place,
            leave_half_days=row.leave_half_days,
            exception=row.exception,
            intervals=tuple((start, end) for start, end in intervals),
        ),
        pseudonym=row.pseudonym or "",
        status=row.status,
        fixed_only=row.fixed_only,
        version_id=row.version_id,
        draft_id=row.draft_id,
        detected_at=row.detected_at,
        detected_run=row.detected_run,
        decision=row.decision,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        justification=row.justification,
        overridden_reason=row.overridden_reason,
        overridden_by=row.overridden_by,
        overridden_at=row.overridden_at,
        closed_at=row.closed_at,
        closed_run=row.closed_run,
    )
