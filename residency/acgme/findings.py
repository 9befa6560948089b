"""What the engine says: findings with their arithmetic, what it could not judge, each person's figures."""

from dataclasses import dataclass, field
from enum import StrEnum

from residency.acgme.record import Basis


class Force(StrEnum):
    """How binding a rule is; only ``must`` makes a violation and only ``should`` a warning."""

    MUST = "must"
    SHOULD = "should"
    EARLY_WARNING = "early_warning"


class Verdict(StrEnum):
    """What a finding is."""

    VIOLATION = "violation"
    WARNING = "warning"
    EARLY_WARNING = "early_warning"


class Severity(StrEnum):
    """How grave a finding is, gravest first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


VERDICT_OF = {
    Force.MUST: Verdict.VIOLATION,
    Force.SHOULD: Verdict.WARNING,
    Force.EARLY_WARNING: Verdict.EARLY_WARNING,
}

SEVERITY_WEIGHT = {Severity.CRITICAL: 100, Severity.HIGH: 50, Severity.MEDIUM: 25, Severity.LOW: 10}
"""Weights of the weighted compliance, in hundredths."""

SUPERVISION = "SUPERVISION"
"""Rule id of a half-day and place with fewer supervising faculty than ceil(units / 4)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule broken, or nearly, by one person in one window.

    ``window_start`` and ``window_end`` (exclusive) are ISO dates for averaging windows and ISO local times
    with offset for periods of work and rest. ``arithmetic`` can be followed with a pencil. ``person`` is
    empty for supervision, which a place lacks and not a person; ``place`` names it. ``intervals`` are the
    merged periods of work in a window, as ISO local times, at most 50 of them.
    """

    rule: str
    rule_set: str
    force: Force
    severity: Severity
    basis: Basis
    person: str
    window_start: str
    window_end: str
    value: float
    limit: float
    unit: str
    arithmetic: str
    pgy: int | None = None
    place: str = ""
    leave_half_days: int = 0
    exception: str = ""
    intervals: tuple[tuple[str, str], ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Violation, warning or early warning, by the rule's force."""
        return VERDICT_OF[self.force]

    @property
    def key(self) -> tuple[str, str, str, str, str, str]:
        """What makes a finding the same one when it is judged again."""
        return self.rule, self.force, self.person, self.place, self.window_start, self.basis


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A rule that could not be judged for a person's window, and why; never a pass."""

    rule: str
    person: str
    window_start: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a reader should know beside the verdicts; it changes none.

    ``at`` is an ISO local time with offset, the ISO date on which an averaging window begins, or empty where
    the whole record is meant.
    """

    person: str
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class RuleTally:
    """How often a rule was looked at and what came of it."""

    checked: int = 0
    violations: int = 0
    warnings: int = 0


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """One person's extremes; None where there is nothing to measure.

    ``max_average_hours``: hours a week, the largest of all averaging windows. ``max_week_hours``: hours of
    the fullest week from Monday. ``min_gap_hours``: shortest rest between two periods of work.
    ``min_free_days``: fewest free days of all averaging windows.
    """

    person: str
    max_average_hours: float | None
    max_week_hours: float | None
    min_gap_hours: float | None
    min_free_days: int | None


@dataclass(frozen=True, slots=True)
class Checks:
    """What compliance is reckoned from: judgements made and failed, by severity.

    One check is one rule for one person and one averaging window, or one half-day and place with
    supervision.
    """

    made: dict[Severity, int] = field(default_factory=dict[Severity, int])
    failed: dict[Severity, int] = field(default_factory=dict[Severity, int])

    @property
    def compliance(self) -> float | None:
        """1 - violations / checks, 0..1; None without checks."""
        made = sum(self.made.values())
        return 1 - sum(self.failed.values()) / made if made else None

    @property
    def weighted(self) -> float | None:
        """The same with each check weighted by its rule's severity; None without checks."""
        made = sum(SEVERITY_WEIGHT[severity] * count for severity, count in self.made.items())
        failed = sum(SEVERITY_WEIGHT[severity] * count for severity, count in self.failed.items())
        return 1 - failed / made if made else None

    def plus(self, other: "Checks") -> "Checks":
        """Both together."""
        return Checks(
            {each: self.made.get(each, 0) + other.made.get(each, 0) for each in Severity},
            {each: self.failed.get(each, 0) + other.failed.get(each, 0) for each in Severity},
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything the engine says about one record under one rule set."""

    rule_set: str
    basis: Basis
    findings: tuple[Finding, ...]
    by_rule: dict[str, RuleTally]
    not_applicable: tuple[NotJudged, ...]
    people: tuple[PersonFigures, ...]
    checks: Checks
    notes: tuple[Note, ...] = ()

    @property
    def gravest(self) -> tuple[Finding, ...]:
        """The findings, violations before warnings before early warnings, the gravest rules first."""
        verdicts, severities = list(Verdict), list(Severity)
        return tuple(
            sorted(
                self.findings,
                key=lambda each: (verdicts.index(each.verdict), severities.index(each.severity)),
            )
        )

    @property
    def violations(self) -> tuple[Finding, ...]:
        """The findings that break a ``must`` rule."""
        return tuple(finding for finding in self.findings if finding.verdict is Verdict.VIOLATION)
