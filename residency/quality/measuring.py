"""Judging and measuring in one go: a schedule with its predecessor, or one version against another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from residency.acgme.record import Basis
from residency.acgme.rules import RuleSet
from residency.acgme.schedule import ScheduleJudgement, judge_schedule
from residency.program.calendar import Period
from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.quality.change_results import VersionDiff
from residency.quality.cohorts import members
from residency.quality.diff import ComparedVersion, compute_version_diff
from residency.quality.metrics import compute_metrics, fairness_of, program_hours
from residency.quality.results import ScheduleMetrics
from residency.quality.rows import PreviousSchedule, VersionRows
from residency.quality.stability import ChangeDates

Naming = Literal["pseudonym", "id"]
"""What people are called in a result."""


@dataclass(frozen=True, slots=True)
class ScheduleFacts:
    """A schedule over a period, with at least 31 days around it for the engine.

    ``covered`` are the days for which a version speaks; ``rows`` are the period's assignments with overrides
    and causes.
    """

    program: Program
    snapshot: Snapshot
    covered: tuple[Period, ...]
    rows: VersionRows


@dataclass(frozen=True, slots=True)
class MeasuredSchedule:
    """The measures, people as they were to be called, and the judgement behind them, people by their own ids.

    ``judged`` is None where there is no schedule.
    """

    metrics: ScheduleMetrics
    judged: ScheduleJudgement | None


def _ignored(share: float) -> None:
    """Nobody wants to know."""


def measure(
    current: ScheduleFacts,
    previous: ScheduleFacts | None,
    rules: RuleSet,
    dates: ChangeDates,
    warnings: Sequence[str] = (),
    progress: Callable[[float], None] = _ignored,
    *,
    naming: Naming = "pseudonym",
) -> MeasuredSchedule:
    """Judge and measure a schedule over the period of its snapshot.

    Args:
        current: the schedule.
        previous: the published schedule before this one; None without one.
        rules: the rule set that judges both.
        dates: today, when the schedule was published, and when the last major change before it was.
        warnings: what its loading left to say; they come first.
        progress: told the share done, 0..1, between the parts of the work.
        naming: what people are called; outside the application the pseudonym.
    """
    progress(0.05)
    period = current.snapshot.period
    judged = _judged(current, current.snapshot, rules) if len(current.snapshot.assignment_person) else None
    progress(0.4)
    former = None
    if previous is not None and judged is not None:
        seen = _judged(previous, Snapshot.of(previous.program, period), rules)
        broken = frozenset(finding.key for finding in seen.judgement.violations)
        former = PreviousSchedule(previous.rows, broken)
    progress(0.7)
    metrics = compute_metrics(
        current.program,
        current.snapshot,
        judged.judgement if judged else None,
        previous=former,
        dates=dates,
        current=current.rows,
        labels=current.snapshot.pseudonyms if naming == "pseudonym" else None,
    )
    said = (*warnings, *metrics.warnings)
    return MeasuredSchedule(metrics.model_copy(update={"warnings": said}), judged)


def _judged(facts: ScheduleFacts, snapshot: Snapshot, rules: RuleSet) -> ScheduleJudgement:
    return judge_schedule(
        facts.program, snapshot, snapshot.period, Basis.PLANNED, rules, covered=facts.covered
    )


@dataclass(frozen=True, slots=True)
class VersionToCompare:
    """One version over the days that it shares with another; ``runtime_seconds`` is what making it took."""

    id: str
    extent: Period
    facts: ScheduleFacts
    runtime_seconds: float | None


def compare(
    a: VersionToCompare, b: VersionToCompare, rules: RuleSet, *, naming: Naming = "pseudonym"
) -> VersionDiff:
    """What version B changes against version A.

    Args:
        a: the version before.
        b: the version after.
        rules: the rule set that judges both.
        naming: what people are called; outside the application the pseudonym.

    Raises:
        InvalidInputError: if no day is covered by both.
    """
    labels = {
        person.id: person.pseudonym or person.id for side in (a, b) for person in side.facts.program.people
    }
    return compute_version_diff(
        _compared(a, rules), _compared(b, rules), labels if naming == "pseudonym" else None
    )


def _compared(side: VersionToCompare, rules: RuleSet) -> ComparedVersion:
    facts = side.facts
    judged = _judged(facts, facts.snapshot, rules)
    return ComparedVersion(
        id=side.id,
        extent=side.extent,
        program=facts.program,
        rows=facts.rows,
        judgement=judged.judgement,
        runtime_seconds=side.runtime_seconds,
    )


def overall_fairness(program: Program, snapshot: Snapshot) -> float | None:
    """Overall fairness of all planned hours, 0..1; None where nobody is assigned to anything.

    Args:
        program: the facts behind the snapshot, from a day before its period.
        snapshot: the program over the period.
    """
    if not len(snapshot.assignment_person):
        return None
    hours = program_hours(program, snapshot.period)
    return fairness_of("hours", hours, members(program, snapshot), snapshot.person_ids).overall
