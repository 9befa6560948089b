"""What the measures of a schedule return: the models that are stored, printed as JSON and drawn."""

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from residency.program.vocabulary import CoverageRole, Half

FindingKey = tuple[str, str, str, str, str, str]
"""What makes a finding the same one when it is judged again; see ``Finding.key`` of the duty-hours engine."""

Load = Literal["hours", "night", "weekend", "holiday"]
"""Which hours are shared out: all planned hours, or those at night, on weekends, on holidays."""

LOADS: tuple[Load, ...] = ("hours", "night", "weekend", "holiday")

Grade = Literal["A", "B", "C", "D", "F"]


class Result(BaseModel):
    """An immutable result that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StatusLabel(StrEnum):
    """How good a measure is, best first; ``no_data`` when there is nothing to measure."""

    GOOD = "good"
    WARNING = "warning"
    CRITICAL = "critical"
    NO_DATA = "no_data"


class CohortFairness(Result):
    """How evenly one cohort shares a load: hours / (FTE x share of the period available).

    ``fairness`` is 1 - ``gini``; ``worst_off`` carries the highest load, and ``max_minus_min``, ``mean`` and
    ``sd`` (population) are in those full-time hours. ``degenerate`` cohorts (one person, or no hours at all)
    have fairness 1 and stay out of the overall. People without any availability are not among ``people``.
    """

    cohort: str
    people: int
    gini: float | None
    jain: float | None
    fairness: float | None
    worst_off: str | None
    max_minus_min: float | None
    mean: float | None
    sd: float | None
    degenerate: bool
    status: StatusLabel


class Fairness(Result):
    """Fairness of one load in every cohort; ``overall`` is the mean weighted by the cohorts' people."""

    load: Load
    cohorts: tuple[CohortFairness, ...]
    overall: float | None
    status: StatusLabel


class PersonLoad(Result):
    """What the schedule asks of one person over the period, in hours (overlaps count once).

    ``available`` is the share of the period's half-days that neither absence, recovery nor dates of service
    take away, 0..1; call and the rest after it do not lower it. ``blocks`` counts half-days of duty.
    ``points`` are the workload points. Target and percent are given for residents: the weekly target x weeks
    x FTE x available, and hours / target x 100 (None without a target).
    """

    person: str
    cohort: str
    fte: float
    available: float
    hours: float
    night_hours: float
    weekend_hours: float
    holiday_hours: float
    blocks: int
    points: float
    target_hours: float | None
    percent_of_target: float | None


class WorkloadSummary(Result):
    """Planned hours of the residents: mean, population SD and extremes, and their share of the target."""

    residents: int
    target_hours_per_week: float
    mean_hours: float
    sd_hours: float
    min_hours: float
    max_hours: float
    mean_percent_of_target: float | None


class ServiceCoverage(Result):
    """Required and filled slots of one service over the period; ``coverage`` is None without demand."""

    service: str
    name: str
    required: int
    filled: int
    coverage: float | None
    status: StatusLabel


class SlotCoverage(Result):
    """Required and filled slots of one weekday (0 Monday .. 6 Sunday), half and role over the period."""

    weekday: int
    half: Half
    role: CoverageRole
    required: int
    filled: int
    coverage: float


class Coverage(Result):
    """Filled / required slots. ``by_slot`` lists where something is required."""

    required: int
    filled: int
    overall: float | None
    status: StatusLabel
    by_service: tuple[ServiceCoverage, ...]
    by_slot: tuple[SlotCoverage, ...]


class Compliance(Result):
    """Share of the duty-hours engine's checks that found nothing, plain and weighted by severity, 0..1."""

    rule_set: str
    checks: int
    failed: int
    violations: int
    warnings: int
    compliance: float | None
    weighted: float | None
    status: StatusLabel


class Stability(Result):
    """How much changed against the previous published version, over the days that both cover.

    ``compared_days`` is 0 without a predecessor; churn, ripple and the counts are then 0, too.
    ``n1_score`` says how much hangs on single people. ``new_violations`` are the violations that the previous
    version did not have. ``major_change_on`` is the day of the last publication that moved more than 30 % of
    the assignments or more than 50 of them; give it back as ``last_major_change`` next time.
    """

    compared_days: int
    added: int
    removed: int
    modified: int
    churn: float
    ripple: float
    n1_score: float
    new_violations: tuple[FindingKey, ...]
    major_change_on: date | None
    days_since_major_change: int | None
    stable: bool
    score: float
    grade: Grade
    status: StatusLabel


class ScheduleMetrics(Result):
    """Every measure of a schedule over ``[period_start, period_end)``; people under the caller's labels.

    An empty schedule has status ``no_data`` and no measure. ``fairness`` is that of all hours; those of
    night, weekend and holiday hours are ``other_fairness``. ``people`` are residents and faculty.
    ``without_availability`` are those who could not work at all: FTE 0, or away for the whole period.
    """

    period_start: date
    period_end: date
    input_hash: str
    status: StatusLabel
    fairness: Fairness | None
    other_fairness: tuple[Fairness, ...]
    people: tuple[PersonLoad, ...]
    without_availability: tuple[str, ...]
    coverage: Coverage | None
    compliance: Compliance | None
    workload: WorkloadSummary | None
    stability: Stability | None
    warnings: tuple[str, ...]

    @property
    def no_data(self) -> bool:
        """Whether there was no schedule to measure."""
        return self.status is StatusLabel.NO_DATA
