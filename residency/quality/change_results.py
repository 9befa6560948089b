"""What comparing two versions, or the weeks behind us, returns: models that are stored, printed and drawn."""

from datetime import date
from enum import StrEnum

from residency.program.vocabulary import Half
from residency.quality.results import FindingKey, Load, Result, StatusLabel


class Assessment(StrEnum):
    """What a new version does to fairness, coverage and violations taken together.

    Improved: at least one is better and none is worse. Regressed: the reverse. Mixed: some of each.
    """

    IMPROVED = "improved"
    REGRESSED = "regressed"
    MIXED = "mixed"
    UNCHANGED = "unchanged"


class HalfDayChange(Result):
    """What one person does in one half-day, before and after: a service and role, or None when free."""

    day: date
    half: Half
    before: str | None
    after: str | None


class PersonChange(Result):
    """What a version changes for one person; hours are planned hours over the days both versions cover."""

    person: str
    added: int
    removed: int
    changed: int
    hours_before: float
    hours_after: float
    changes: tuple[HalfDayChange, ...]

    @property
    def hours_delta(self) -> float:
        """Hours more (or, below 0, fewer) than before."""
        return self.hours_after - self.hours_before


class VersionDiff(Result):
    """Version B against version A over the days ``[period_start, period_end)`` that both cover.

    ``people`` are those for whom something changes, most changes first. ``hours_moved`` went from some
    people to others: the lesser of all hours gained and all hours lost. Deltas are B less A and None where
    either side has nothing to measure: fairness 0..1 to 3 decimals, coverage in percentage points to 2,
    runtime in seconds; ``blocks_delta`` counts assigned half-days. Findings are violations and warnings.
    ``improved``: fairness up, coverage not down, violations not up. ``significant``: fairness moves by more
    than .1, coverage by more than 5 points, or the number of violations differs. The diff of a version with
    itself is empty and has no period.
    """

    version_a: str
    version_b: str
    period_start: date | None
    period_end: date | None
    added: int
    removed: int
    changed: int
    people: tuple[PersonChange, ...]
    hours_gained: float
    hours_lost: float
    hours_moved: float
    fairness_delta: float | None
    coverage_delta: float | None
    violations_delta: int
    blocks_delta: int
    runtime_delta: float | None
    new_findings: tuple[FindingKey, ...]
    cured_findings: tuple[FindingKey, ...]
    improved: bool
    significant: bool
    assessment: Assessment


class TrendDirection(StrEnum):
    """Where fairness goes: the later half of the weeks against the earlier one."""

    IMPROVING = "improving"
    STABLE = "stable"
    DECLINING = "declining"
    INSUFFICIENT_DATA = "insufficient_data"


class WeekFairness(Result):
    """One week from its Monday; ``value`` is None when nothing was measured in it."""

    week_start: date
    value: float | None
    status: StatusLabel
    anomaly: bool


class RebalancingMove(Result):
    """One half-day of a service that the worst-off of a cohort could hand to somebody who carries less.

    Each move builds on those before it in the list: its ``fairness_before`` is the cohort's fairness when
    they are made, and ``fairness_after`` when it is made as well.
    """

    cohort: str
    load: Load
    from_person: str
    to_person: str
    service: str
    day: date
    half: Half
    hours: float
    fairness_before: float
    fairness_after: float

    @property
    def gain(self) -> float:
        """Rise of the cohort's fairness through this move alone."""
        return self.fairness_after - self.fairness_before


class FairnessTrend(Result):
    """Overall fairness of the last weeks, oldest first.

    ``average`` and ``slope`` (change a week, least squares) are over the measured weeks; None without any,
    and the slope without two. ``anomalies`` are the weeks below .75. ``recommendations`` are sentences and
    ``moves`` name who could hand what to whom; both are empty unless fairness declines, averages below .80
    or has more than two anomalies.
    """

    weeks: tuple[WeekFairness, ...]
    measured: int
    average: float | None
    first_half: float | None
    second_half: float | None
    slope: float | None
    trend: TrendDirection
    anomalies: tuple[date, ...]
    rebalance: bool
    recommendations: tuple[str, ...]
    moves: tuple[RebalancingMove, ...]
