"""Measuring a schedule in one go: its duty hours judged, its predecessor's too, and every measure of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from residency.acgme.record import Basis
from residency.acgme.rules import RuleSet
from residency.acgme.schedule import ScheduleJudgement, judge_schedule
from residency.program.calendar import Period
from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.quality.metrics import compute_metrics
from residency.quality.results import ScheduleMetrics
from residency.quality.rows import PreviousSchedule, VersionRows
from residency.quality.stability import ChangeDates


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
    """The measures, people by pseudonym, and the judgement behind them, people by their own ids.

    ``judged`` is None where there is no schedule.
    """

    metrics: ScheduleMetrics
    judged: ScheduleJudgement | None


def measure(
    current: ScheduleFacts,
    previous: ScheduleFacts | None,
    rules: RuleSet,
    dates: ChangeDates,
    warnings: Sequence[str] = (),
) -> MeasuredSchedule:
    """Judge and measure a schedule over the period of its snapshot.

    Args:
        current: the schedule.
        previous: the published schedule before this one; None without one.
        rules: the rule set that judges both.
        dates: today, when the schedule was published, and when the last major change before it was.
        warnings: what its loading left to say; they come first.
    """
    period = current.snapshot.period
    judged = _judged(current, current.snapshot, rules) if len(current.snapshot.assignment_person) else None
    former = None
    if previous is not None and judged is not None:
        seen = _judged(previous, Snapshot.of(previous.program, period), rules)
        broken = frozenset(finding.key for finding in seen.judgement.violations)
        former = PreviousSchedule(previous.rows, broken)
    metrics = compute_metrics(
        current.program,
        current.snapshot,
        judged.judgement if judged else None,
        previous=former,
        dates=dates,
        current=current.rows,
        labels=current.snapshot.pseudonyms,
    )
    said = (*warnings, *metrics.warnings)
    return MeasuredSchedule(metrics.model_copy(update={"warnings": said}), judged)


def _judged(facts: ScheduleFacts, snapshot: Snapshot, rules: RuleSet) -> ScheduleJudgement:
    return judge_schedule(
        facts.program, snapshot, snapshot.period, Basis.PLANNED, rules, covered=facts.covered
    )
