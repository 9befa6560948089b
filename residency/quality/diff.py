"""One schedule version against another: what changed for whom, and whether it is for the better."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from residency.acgme.findings import Judgement, Verdict
from residency.errors import InvalidInputError
from residency.program.calendar import HALVES, Period
from residency.program.records import ROLES, Program
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import CoverageRole
from residency.quality.change_results import Assessment, HalfDayChange, PersonChange, VersionDiff
from residency.quality.changes import Changes, Coded, changes
from residency.quality.cohorts import members
from residency.quality.coverage import coverage
from residency.quality.metrics import fairness_of, program_hours, relabelled
from residency.quality.results import FindingKey
from residency.quality.rows import NONE, VersionRows

SIGNIFICANT_FAIRNESS, SIGNIFICANT_COVERAGE = 0.1, 5.0
"""More than either, in fairness or in percentage points of coverage, makes a difference significant."""

_TOLD = frozenset({Verdict.VIOLATION, Verdict.WARNING})
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class ComparedVersion:
    """One side of a diff.

    ``program`` holds this version's assignments and call, from a day before the days compared; ``rows`` the
    same assignments with overrides. ``judgement`` is of its planned duty over the days that both versions
    cover, see :func:`overlap`; ``runtime_seconds`` what making it took, if that is known.
    """

    id: str
    extent: Period
    program: Program
    rows: VersionRows
    judgement: Judgement
    runtime_seconds: float | None = None


def overlap(one: Period, other: Period) -> Period:
    """The days that two versions both cover.

    Raises:
        InvalidInputError: if there are none.
    """
    first, last = max(one.start, other.start), min(one.end, other.end)
    if first >= last:
        given = f"{other.start.isoformat()} to {other.end - timedelta(days=1)}"
        expected = f"a version with days between {one.start.isoformat()} and {one.end - timedelta(days=1)}"
        raise InvalidInputError("version_b", given, expected)
    return Period(first, last)


def same_version(version: str) -> VersionDiff:
    """The diff of a version with itself, which is empty."""
    return VersionDiff(
        version_a=version,
        version_b=version,
        period_start=None,
        period_end=None,
        added=0,
        removed=0,
        changed=0,
        people=(),
        hours_gained=0.0,
        hours_lost=0.0,
        hours_moved=0.0,
        fairness_delta=None,
        coverage_delta=None,
        violations_delta=0,
        blocks_delta=0,
        runtime_delta=None,
        new_findings=(),
        cured_findings=(),
        improved=False,
        significant=False,
        assessment=Assessment.UNCHANGED,
    )


def compute_version_diff(
    a: ComparedVersion, b: ComparedVersion, labels: Mapping[str, str] | None = None
) -> VersionDiff:
    """What version B changes against version A, over the days that both cover.

    Args:
        a: the version before.
        b: the version after.
        labels: what people are called in the result, by id; None: their ids. Outside the application these
            must be the pseudonyms.

    Raises:
        InvalidInputError: if no day is covered by both.
    """
    if a.id == b.id:
        return same_version(a.id)
    period = overlap(a.extent, b.extent)
    difference = changes(a.rows, b.rows, period)
    names = {person.id: person.id for side in (a, b) for person in side.program.people} | dict(labels or {})
    hours = (_hours(a.program, period), _hours(b.program, period))
    gained, lost = _gained_and_lost(*hours)
    before, after = _measures(a.program, period), _measures(b.program, period)
    fairness_delta = _rounded(before[0], after[0], 3)
    coverage_delta = _rounded(before[1], after[1], 2)
    violations = len(b.judgement.violations) - len(a.judgement.violations)
    better = (fairness_delta or 0.0, coverage_delta or 0.0, -violations)
    former, present = _told(a.judgement), _told(b.judgement)
    return VersionDiff(
        version_a=a.id,
        version_b=b.id,
        period_start=period.start,
        period_end=period.end,
        added=len(difference.added),
        removed=len(difference.removed),
        changed=len(difference.modified_new),
        people=_people(difference, hours, names),
        hours_gained=gained,
        hours_lost=lost,
        hours_moved=min(gained, lost),
        fairness_delta=fairness_delta,
        coverage_delta=coverage_delta,
        violations_delta=violations,
        blocks_delta=len(difference.new.person) - len(difference.old.person),
        runtime_delta=_rounded(a.runtime_seconds, b.runtime_seconds, 3),
        new_findings=relabelled(sorted(present - former), names),
        cured_findings=relabelled(sorted(former - present), names),
        improved=better[0] > 0 and min(better[1:]) >= 0,
        significant=_is_significant(*better),
        assessment=_assessment(better),
    )


def _hours(program: Program, period: Period) -> dict[str, float]:
    hours: list[float] = program_hours(program, period).hours.tolist()
    return {person.id: each for person, each in zip(program.people, hours, strict=True)}


def _gained_and_lost(before: dict[str, float], after: dict[str, float]) -> tuple[float, float]:
    """Hours that people have more in all, and hours that people have less in all."""
    moves = [after.get(person, 0.0) - before.get(person, 0.0) for person in before | after]
    return sum(move for move in moves if move > 0), -sum(move for move in moves if move < 0)


def _measures(program: Program, period: Period) -> tuple[float | None, float | None]:
    """Overall fairness, 0..1, and coverage in percent."""
    snapshot = Snapshot.of(program, period)
    shared = fairness_of(
        "hours", program_hours(program, period), members(program, snapshot), snapshot.person_ids
    )
    filled = coverage(snapshot).overall
    return shared.overall, None if filled is None else 100 * filled


def _rounded(before: float | None, after: float | None, digits: int) -> float | None:
    """After less before; what is shown is what is judged, so rounding comes first."""
    return None if before is None or after is None else round(after - before, digits)


def _told(judgement: Judgement) -> frozenset[FindingKey]:
    """Keys of violations and warnings; early warnings and notes change no verdict."""
    return frozenset(finding.key for finding in judgement.findings if finding.verdict in _TOLD)


def _is_significant(fairness: float, covered: float, violations: int) -> bool:
    return abs(fairness) > SIGNIFICANT_FAIRNESS or abs(covered) > SIGNIFICANT_COVERAGE or violations != 0


def _assessment(better: tuple[float, ...]) -> Assessment:
    """From how much better each measure became; what is worse is below 0."""
    up, down = max(better) > 0, min(better) < 0
    if up and down:
        return Assessment.MIXED
    if up:
        return Assessment.IMPROVED
    return Assessment.REGRESSED if down else Assessment.UNCHANGED


def _people(
    difference: Changes, hours: tuple[dict[str, float], dict[str, float]], names: Mapping[str, str]
) -> tuple[PersonChange, ...]:
    """Everybody whose half-days or hours change, most changes first."""
    before, after = hours
    others = [person for person in before | after if before.get(person, 0.0) != after.get(person, 0.0)]
    found: dict[str, list[HalfDayChange]] = {person: [] for person in others}
    for person, change in _half_day_changes(difference):
        found.setdefault(person, []).append(change)
    changed = [
        PersonChange(
            person=names[person],
            added=sum(each.before is None for each in its),
            removed=sum(each.after is None for each in its),
            changed=sum(each.before is not None and each.after is not None for each in its),
            hours_before=before.get(person, 0.0),
            hours_after=after.get(person, 0.0),
            changes=tuple(sorted(its, key=lambda each: (each.day, HALVES.index(each.half)))),
        )
        for person, its in found.items()
    ]
    return tuple(sorted(changed, key=lambda each: (-len(each.changes), each.person)))


def _half_day_changes(difference: Changes) -> Iterator[tuple[str, HalfDayChange]]:
    """Each change with the id of the person it is for."""
    old, new = difference.old, difference.new
    for row in difference.added.tolist():
        yield _half_day_change(difference, new, row, None, _label(difference, new, row))
    for row in difference.removed.tolist():
        yield _half_day_change(difference, old, row, _label(difference, old, row), None)
    for former, row in zip(difference.modified_old.tolist(), difference.modified_new.tolist(), strict=True):
        before, after = _label(difference, old, former), _label(difference, new, row)
        yield _half_day_change(difference, new, row, before, after)


def _half_day_change(
    difference: Changes, side: Coded, row: int, before: str | None, after: str | None
) -> tuple[str, HalfDayChange]:
    day, half = divmod(int(side.half_day[row]), 2)
    person = difference.people[int(side.person[row])]
    told = HalfDayChange(day=_EPOCH + timedelta(days=day), half=HALVES[half], before=before, after=after)
    return person, told


def _label(difference: Changes, side: Coded, row: int) -> str:
    """What a row says: ``Ward``, ``Clinic (supervising)``, ``Ward, overridden``."""
    service, role = difference.services[int(side.service[row])], ROLES[int(side.role[row])]
    part = "" if role is CoverageRole.PRIMARY else f" ({role})"
    return f"{service}{part}{', overridden' if side.override[row] != NONE else ''}"
