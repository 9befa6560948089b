"""The measures of a schedule in plain sentences, for pages and terminals."""

import math

from residency.quality.results import (
    CohortFairness,
    Compliance,
    Coverage,
    Fairness,
    FindingKey,
    ScheduleMetrics,
    Stability,
    StatusLabel,
)
from residency.reports.wording import plural

STATUS_WORDS = {
    StatusLabel.GOOD: "Good",
    StatusLabel.WARNING: "Needs a look",
    StatusLabel.CRITICAL: "Needs work",
    StatusLabel.NO_DATA: "No data",
}

_EVENLY = {
    StatusLabel.GOOD: "evenly",
    StatusLabel.WARNING: "unevenly",
    StatusLabel.CRITICAL: "very unevenly",
}
_ROUNDING = 1e-9


def share(value: float | None) -> str:
    """A share 0..1 in percent with one decimal, rounded down: no mark is shown before it is reached."""
    if value is None:
        return "not known"
    return f"{math.floor(1000 * value + _ROUNDING) / 10:.1f} %"


def figure(value: float | None, digits: int = 3) -> str:
    """A figure with so many decimals; a dash for none."""
    return "\N{EN DASH}" if value is None else f"{value:,.{digits}f}"


def schedule_sentences(metrics: ScheduleMetrics) -> list[str]:
    """Every measure in a sentence, fairness first; what keeps a schedule from being measured without one."""
    if metrics.fairness is None or metrics.coverage is None or metrics.stability is None:
        return [f"{warning[:1].upper()}{warning[1:]}." for warning in metrics.warnings]
    return [
        coverage_sentence(metrics.coverage),
        fairness_sentence(metrics.fairness),
        compliance_sentence(metrics.compliance),
        stability_sentence(metrics.stability),
    ]


def fairness_sentence(fairness: Fairness) -> str:
    """How evenly work is shared, and where it is least so."""
    if fairness.overall is None:
        return "Fairness cannot be told: nowhere do two people of one cohort share any work."
    told = f"Work is shared {_EVENLY[fairness.status]}: fairness is {share(fairness.overall)}"
    least = least_fair(fairness)
    if least is None:
        return f"{told}."
    return (
        f"{told}; least so in {least.cohort} ({share(least.fairness)}), where {least.worst_off} carries "
        f"{least.max_minus_min:,.0f} full-time hours more than the least loaded."
    )


def least_fair(fairness: Fairness) -> CohortFairness | None:
    """The cohort that shares its work least evenly, unless all are good; degenerate ones do not count."""
    judged = [each for each in fairness.cohorts if each.fairness is not None and not each.degenerate]
    worst = min(judged, key=lambda each: each.fairness or 0.0, default=None)
    return None if worst is None or worst.status is StatusLabel.GOOD else worst


def coverage_sentence(coverage: Coverage) -> str:
    """How many of the required slots are filled, and where most are empty."""
    if not coverage.required:
        return "No slot is required."
    if coverage.filled == coverage.required:
        return f"All {plural(coverage.required, 'required slot is', 'required slots are')} filled."
    worst = max(coverage.by_service, key=lambda each: each.required - each.filled)
    return (
        f"{share(coverage.overall)} of the required slots are filled "
        f"({coverage.filled:,} of {coverage.required:,}); most are empty in {worst.name} "
        f"({worst.required - worst.filled} of {worst.required})."
    )


def compliance_sentence(compliance: Compliance | None) -> str:
    """How many of the duty-hours checks pass, and under which rules."""
    if compliance is None or compliance.compliance is None:
        return "Duty hours could not be judged."
    if not compliance.violations:
        return f"All {compliance.checks:,} duty-hours checks pass ({compliance.rule_set})."
    return (
        f"{plural(compliance.violations, 'duty-hours violation')}: {share(compliance.compliance)} of "
        f"{compliance.checks:,} checks pass ({compliance.rule_set})."
    )


def stability_sentence(stability: Stability) -> str:
    """How much changed since the previous version, and the grade."""
    if not stability.compared_days:
        return f"There is no earlier version to compare with; stability grade {stability.grade}."
    moved = stability.added + stability.removed + stability.modified
    if stability.new_violations:
        new = plural(len(stability.new_violations), "new violation")
        return f"{plural(moved, 'assignment')} changed, with {new}: stability grade F."
    changed = (
        f"{plural(moved, 'assignment')} changed ({share(stability.churn)})" if moved else "Nothing changed"
    )
    return f"{changed} since the previous version; stability grade {stability.grade}."


def finding_sentence(key: FindingKey) -> str:
    """A finding by its key: which rule, whom or which place it concerns, and from when."""
    rule, _, person, place, window_start, basis = key
    return f"{rule}: {person or place}, from {window_start} ({basis})"
