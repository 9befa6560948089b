"""What a compliance report says, as data: the one content behind its PDF, its workbook and its JSON."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from residency.acgme.findings import Severity, Verdict
from residency.acgme.record import Basis
from residency.quality.results import StatusLabel


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReportKind(StrEnum):
    """How often a report is made."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


class FindingStatus(StrEnum):
    """What people decided on a finding; each is shown, and only open ones are counted as open."""

    OPEN = "open"
    JUSTIFIED = "justified"
    FALSE_POSITIVE = "false_positive"


class Topic(StrEnum):
    """What a group of rules is about, in the order of the report."""

    HOURS = "hours"
    FREE_DAYS = "free_days"
    REST = "rest"
    CALL = "call"
    SUPERVISION = "supervision"
    MOONLIGHTING = "moonlighting"
    LOCAL = "local"


class FindingLine(_Content):
    """One finding; the person by pseudonym, the place where supervision is short instead of one.

    ``window`` and ``measure`` say in words what ``window_start``, ``window_end`` (exclusive), ``value``,
    ``limit`` and ``unit`` say in figures. ``fixed_only`` findings are caused by locked assignments alone.
    """

    rule: str
    title: str
    topic: Topic
    verdict: Verdict
    severity: Severity
    status: FindingStatus
    reason: str
    decided_on: date | None
    person: str
    pgy: int | None
    place: str
    window_start: str
    window_end: str
    window: str
    value: float
    limit: float
    unit: str
    measure: str
    arithmetic: str
    leave_half_days: int
    exception: str
    fixed_only: bool


class NotJudgedLine(_Content):
    """Rules that could not be judged for a person's window for want of data; never a pass."""

    person: str
    window_start: str
    rules: tuple[str, ...]
    reason: str


class NoteLine(_Content):
    """Something about a person's data that no rule judges; ``when`` is empty where all of it is meant."""

    person: str
    at: str
    when: str
    text: str


class RuleLine(_Content):
    """One rule: how often it was judged, what was found, what was decided, how often data was missing."""

    rule: str
    title: str
    topic: Topic
    reference: str
    force: str
    checked: int
    violations: int
    warnings: int
    open: int
    justified: int
    false_positive: int
    not_judged: int


class Tally(_Content):
    """How many findings of one verdict there are, by what was decided on them."""

    total: int
    open: int
    justified: int
    false_positive: int


class Judged(_Content):
    """Everything judged on one basis: the plan, or the hours that were logged.

    ``checks`` and ``failed`` are judgements of one rule for one person and window; ``compliance`` and
    ``weighted`` are shares of them, 0..1, None without checks. ``findings`` holds violations and warnings,
    gravest first; early warnings and notes on the data change no verdict and stand apart.
    """

    basis: Basis
    status: StatusLabel
    headline: str
    sentences: tuple[str, ...]
    checks: int
    failed: int
    compliance: float | None
    weighted: float | None
    violations: Tally
    warnings: Tally
    rules: tuple[RuleLine, ...]
    findings: tuple[FindingLine, ...]
    early_warnings: tuple[FindingLine, ...]
    notes: tuple[NoteLine, ...]
    not_judged: tuple[NotJudgedLine, ...]


class CoverageLine(_Content):
    """Required and filled slots of one service."""

    service: str
    required: int
    filled: int


class CoverageSection(_Content):
    """Required and filled slots of the published schedule; filled never exceeds required."""

    required: int
    filled: int
    status: StatusLabel
    services: tuple[CoverageLine, ...]


class AwayLine(_Content):
    """Days that one resident is away, in halves: inside the period and inside the academic year.

    ``by_type`` adds up to at least ``in_year``: half-days that two absences share are one there.
    """

    person: str
    in_period: float
    in_year: float
    by_type: tuple[tuple[str, float], ...]
    over_limit: bool


class LeaveSection(_Content):
    """Approved time away of the residents who have any, most first, in the academic year of the period."""

    academic_year: int
    limit_days: int
    people: tuple[AwayLine, ...]


class Figures(_Content):
    """One resident's extremes on one basis; None where there is nothing to measure.

    Hours a week on average, hours of the fullest week, hours of the shortest rest, fewest free days.
    """

    max_average_hours: float | None
    max_week_hours: float | None
    min_gap_hours: float | None
    min_free_days: int | None


class Limits(_Content):
    """The limits that the figures are drawn against: hours a week on average, hours of rest."""

    weekly_hours: float
    rest_hours: float


class ResidentLine(_Content):
    """One resident; findings stand in :class:`Judged` under the same pseudonym."""

    person: str
    pgy: int | None
    planned: Figures | None
    logged: Figures | None


class BasisPoint(_Content):
    """What one report says of one basis, in figures that can be compared over time."""

    violations: int
    open_violations: int
    warnings: int
    compliance: float | None


class TrendPoint(_Content):
    """One report in the series of its kind."""

    period_start: date
    period_end: date
    rule_set: str
    planned: BasisPoint | None
    logged: BasisPoint | None
    coverage: float | None


class TrendLine(_Content):
    """One measure against the mean of the previous reports, as many of 4 and of 12 as there are.

    ``direction`` is ``better``, ``worse``, ``same`` or ``unknown`` against the shorter mean.
    """

    measure: str
    percent: bool
    now: float | None
    mean_4: float | None
    reports_4: int
    mean_12: float | None
    reports_12: int
    direction: str


class TrendSection(_Content):
    """This report among the previous ones of its kind, oldest first; only those under the same rules."""

    current: TrendPoint
    previous: tuple[TrendPoint, ...]
    lines: tuple[TrendLine, ...]
    other_rules: int
    """Previous reports that other rules judged, which are therefore not compared with."""


class ComplianceBody(_Content):
    """One revision of a report on the days ``[period_start, period_end)``; it names nobody."""

    kind: ReportKind
    period_start: date
    period_end: date
    period: str
    revision: int
    made_at: datetime
    made: str
    timezone: str
    rule_set: str
    rule_set_title: str
    limits: Limits
    caveats: tuple[str, ...]
    planned: Judged | None
    logged: Judged | None
    coverage: CoverageSection | None
    leave: LeaveSection
    trend: TrendSection
    residents: tuple[ResidentLine, ...]
