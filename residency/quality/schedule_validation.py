"""What stands against publishing a schedule: findings, windows not judged and conflicts, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from residency.acgme.findings import Finding, Force, NotJudged, Severity, Verdict
from residency.acgme.record import Basis
from residency.acgme.schedule import ScheduleJudgement
from residency.acgme.weekly_hours import NOT_ENOUGH
from residency.program.calendar import Period
from residency.program.vocabulary import ConflictSeverity, ConflictType, Half
from residency.quality.conflicts_results import Conflict, Grade

FindingKey = tuple[str, str, str, str, str, str]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ToldFinding(_Told):
    """A finding for people outside the engine.

    ``id`` is the stored finding's, None where it is not stored; ``overridden`` is the reason for which the
    version may be published in spite of it.
    """

    id: UUID | None
    rule: str
    rule_set: str
    force: Force
    severity: Severity
    verdict: Verdict
    basis: Basis
    person: str
    place: str
    pgy: int | None
    window_start: str
    window_end: str
    value: float
    limit: float
    unit: str
    arithmetic: str
    leave_half_days: int
    exception: str
    intervals: tuple[tuple[str, str], ...]
    fixed_only: bool
    overridden: str | None


class IncompleteWindow(_Told):
    """A rule that could not be judged for want of data; never a pass."""

    rule: str
    person: str
    window_start: str
    reason: str


class ToldConflict(_Told):
    """A conflict for people outside: ``half`` None beside a ``day`` means its night."""

    type: ConflictType
    severity: ConflictSeverity
    grade: Grade | None
    person: str
    absence_start: date | None
    absence_end: date | None
    week_start: date | None
    day: date | None
    half: Half | None
    subject: str
    description: str
    fingerprint: str


class ScheduleValidation(_Told):
    """Everything that a schedule would break; ``publishable`` when each broken ``must`` rule is overridden.

    ``compliance`` and ``weighted`` are shares 0..1, None without any check. ``conflicts`` is None where
    they were not looked for.
    """

    version_ids: tuple[UUID, ...]
    start: date
    end: date
    rule_set: str
    publishable: bool
    violations: int
    overridden: int
    warnings: int
    checks: int
    compliance: float | None
    weighted: float | None
    findings: tuple[ToldFinding, ...]
    incomplete: tuple[IncompleteWindow, ...]
    conflicts: tuple[ToldConflict, ...] | None
    caveat: str | None


class FoundConflicts(_Told):
    """The conflicts of some days, gravest first."""

    version_ids: tuple[UUID, ...]
    start: date
    end: date
    conflicts: tuple[ToldConflict, ...]
    caveat: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of a finding that is made again."""

    id: UUID
    arithmetic: str
    overridden: str | None


def schedule_validation(
    judged: ScheduleJudgement,
    conflicts: Sequence[Conflict] | None,
    names: Mapping[str, str],
    *,
    period: Period,
    version_ids: Sequence[UUID] = (),
    kept: Mapping[FindingKey, Kept] | None = None,
    caveat: str | None = None,
) -> ScheduleValidation:
    """Put a judgement and conflicts into words that may leave the application.

    Args:
        judged: what the engine says of the schedule.
        conflicts: what contradicts in it; None where nobody looked.
        names: how each person is shown, by id.
        period: the days that were judged.
        version_ids: the versions that were judged.
        kept: stored findings by key; an override counts while the arithmetic is the same.
        caveat: a sentence on days that were not judged.
    """
    judgement = judged.judgement
    stored = kept or {}
    findings = tuple(
        _told(finding, names, stored.get(finding.key), fixed_only=finding.key in judged.fixed_only)
        for finding in sorted(judgement.findings, key=_gravest_first)
    )
    broken = [finding for finding in findings if finding.verdict is Verdict.VIOLATION]
    overridden = sum(finding.overridden is not None for finding in broken)
    return ScheduleValidation(
        version_ids=tuple(version_ids),
        start=period.start,
        end=period.end,
        rule_set=judgement.rule_set,
        publishable=overridden == len(broken),
        violations=len(broken),
        overridden=overridden,
        warnings=sum(finding.verdict is Verdict.WARNING for finding in findings),
        checks=sum(judgement.checks.made.values()),
        compliance=judgement.checks.compliance,
        weighted=judgement.checks.weighted,
        findings=findings,
        incomplete=tuple(_incomplete(each, names) for each in judgement.not_applicable if lacks_data(each)),
        conflicts=None if conflicts is None else tuple(told_conflict(each, names) for each in conflicts),
        caveat=caveat,
    )


_VERDICT_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}
_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity)}


def _gravest_first(finding: Finding) -> tuple[int, int, str, str, str, str]:
    rank = _VERDICT_RANK[finding.verdict], _SEVERITY_RANK[finding.severity]
    return (*rank, finding.window_start, finding.person, finding.place, finding.rule)


def _told(finding: Finding, names: Mapping[str, str], kept: Kept | None, *, fixed_only: bool) -> ToldFinding:
    same = kept is not None and kept.arithmetic == finding.arithmetic
    return ToldFinding(
        id=kept.id if kept else None,
        rule=finding.rule,
        rule_set=finding.rule_set,
        force=finding.force,
        severity=finding.severity,
        verdict=finding.verdict,
        basis=finding.basis,
        person=names[finding.person] if finding.person else "",
        place=finding.place,
        pgy=finding.pgy,
        window_start=finding.window_start,
        window_end=finding.window_end,
        value=finding.value,
        limit=finding.limit,
        unit=finding.unit,
        arithmetic=finding.arithmetic,
        leave_half_days=finding.leave_half_days,
        exception=finding.exception,
        intervals=finding.intervals,
        fixed_only=fixed_only,
        overridden=kept.overridden if kept and same else None,
    )


def lacks_data(each: NotJudged) -> bool:
    """Whether a rule was not judged for want of data, and not because nothing in the window counts."""
    return each.reason.startswith(NOT_ENOUGH)


def _incomplete(each: NotJudged, names: Mapping[str, str]) -> IncompleteWindow:
    return IncompleteWindow(
        rule=each.rule, person=names[each.person], window_start=each.window_start, reason=each.reason
    )


def told_conflict(conflict: Conflict, names: Mapping[str, str]) -> ToldConflict:
    """A conflict with its person named as ``names`` says."""
    absence, slot = conflict.absence, conflict.slot
    return ToldConflict(
        type=conflict.type,
        severity=conflict.severity,
        grade=conflict.grade,
        person=names[conflict.person],
        absence_start=absence.start_date if absence else None,
        absence_end=absence.end_date if absence else None,
        week_start=conflict.week_start,
        day=slot.day if slot else None,
        half=slot.half if slot else None,
        subject=conflict.subject,
        description=conflict.description,
        fingerprint=conflict.fingerprint,
    )
