"""The pages of a validation and of a list of conflicts: the verdict first, then what it rests on."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from residency.acgme.findings import Verdict
from residency.program.vocabulary import ConflictSeverity
from residency.quality.schedule_validation import (
    FoundConflicts,
    ScheduleValidation,
    ToldConflict,
    ToldFinding,
)
from residency.reports.markdown import bullets, escape, page, table
from residency.reports.wording import percent, period_label, plural

_ROWS = 50
"""Rows of one table; what is beyond is counted."""

CONFLICT_WORDS = {
    "leave_fmit_overlap": "leave in an inpatient week",
    "leave_call_overlap": "leave and call",
    "supervision_deficit": "supervision missing",
    "coverage_gap": "slot short of people",
    "call_cascade": "call that nobody can take",
    "sole_provider_loss": "skill that nobody else has",
    "external_commitment": "commitment elsewhere",
    "recovery_violation": "work in recovery",
    "leave_assignment_overlap": "leave and other work",
    "simultaneous_leave": "too many away at once",
    "back_to_back": "inpatient weeks too close",
    "excessive_alternating": "inpatient weeks too often",
}


def validation_sentences(result: ScheduleValidation) -> list[str]:
    """The verdict in a few sentences; the first one can stand alone."""
    days = period_label(result.start, result.end)
    violations = f"{plural(result.violations, 'violation')} of {result.rule_set}"
    if not result.violations:
        verdict = f"Nothing stands against publishing: no violation of {result.rule_set} ({days})."
    elif result.publishable:
        verdict = f"It can be published: {violations}, all overridden ({days})."
    else:
        left = result.violations - result.overridden
        of = f", {left} of them not overridden" if result.overridden else ""
        verdict = f"It cannot be published: {violations}{of} ({days})."
    sentences = [verdict, _compliance(result)]
    if result.warnings:
        sentences.append(f"{plural(result.warnings, 'warning')} besides.")
    if result.incomplete:
        sentences.append(f"{plural(len(result.incomplete), 'window')} could not be judged for want of data.")
    if result.caveat:
        sentences.append(_as_sentence(result.caveat))
    return sentences


def _compliance(result: ScheduleValidation) -> str:
    if result.compliance is None or result.weighted is None:
        return "Nothing could be checked, so there is no compliance to state."
    plain, weighted = (_share(share) for share in (result.compliance, result.weighted))
    return f"Compliance {plain}, weighted by severity {weighted}, of {plural(result.checks, 'check')}."


def _share(share: float) -> str:
    """As a whole percentage, rounded down so that 100 % means all."""
    exact = Fraction(share).limit_denominator(10**9)
    return percent(exact.numerator, exact.denominator)


def conflict_counts(conflicts: Sequence[ToldConflict]) -> list[str]:
    """How many conflicts there are of each kind: ``3 critical (leave and call)``, gravest and most first."""
    counts = Counter((conflict.severity, conflict.type) for conflict in conflicts)
    rank = {severity: place for place, severity in enumerate(ConflictSeverity)}
    ranked = sorted(counts.items(), key=lambda item: (rank[item[0][0]], -item[1], item[0][1]))
    return [f"{count} {severity} ({CONFLICT_WORDS[kind]})" for (severity, kind), count in ranked]


def render_validation(result: ScheduleValidation) -> str:
    """The page of a validation as Markdown; people as the result names them."""
    verdict, *facts = validation_sentences(result)
    broken = [finding for finding in result.findings if finding.verdict is Verdict.VIOLATION]
    warnings = [finding for finding in result.findings if finding.verdict is not Verdict.VIOLATION]
    return page(
        [
            "# Validation of a schedule",
            f"**{escape(verdict)}** {escape(' '.join(facts))}",
            _findings("Violations", broken),
            _findings("Warnings and early warnings", warnings),
            _incomplete(result),
            "## Conflicts" if result.conflicts else "",
            _conflict_table(result.conflicts or ()),
        ]
    )


def _findings(title: str, findings: Sequence[ToldFinding]) -> str:
    if not findings:
        return ""
    rows = [
        [
            escape(finding.severity),
            escape(finding.rule),
            escape(finding.person or finding.place),
            escape(finding.window_start),
            escape(finding.arithmetic),
            escape(finding.overridden or ""),
        ]
        for finding in findings[:_ROWS]
    ]
    header = ["Severity", "Rule", "Who or where", "From", "Arithmetic", "Overridden"]
    return page([f"## {title}", table(header, rows), _rest(len(findings))]).rstrip()


def _incomplete(result: ScheduleValidation) -> str:
    if not result.incomplete:
        return ""
    told = [
        f"{each.rule}, {' from '.join(filter(None, (each.person, each.window_start)))}: {each.reason}"
        for each in result.incomplete[:_ROWS]
    ]
    title = "## Not judged for want of data, which is no pass"
    return page([title, bullets(told), _rest(len(result.incomplete))]).rstrip()


def conflict_sentence(found: FoundConflicts) -> str:
    """The verdict of a list of conflicts."""
    days = period_label(found.start, found.end)
    if not found.conflicts:
        return f"No conflict is in the schedule ({days})."
    critical = sum(conflict.severity is ConflictSeverity.CRITICAL for conflict in found.conflicts)
    grave = f"{critical} of them critical" if critical else "none of them critical"
    return f"{plural(len(found.conflicts), 'conflict')} in the schedule, {grave} ({days})."


def render_conflicts(found: FoundConflicts) -> str:
    """The page of a list of conflicts as Markdown; people as the list names them."""
    return page(
        [
            "# Conflicts",
            f"**{escape(conflict_sentence(found))}**",
            escape(_as_sentence(found.caveat)),
            bullets(conflict_counts(found.conflicts)),
            _conflict_table(found.conflicts),
        ]
    )


def _as_sentence(caveat: str | None) -> str:
    return f"{caveat[:1].upper()}{caveat[1:]}." if caveat else ""


def _conflict_table(conflicts: Sequence[ToldConflict]) -> str:
    """One row for each person, absence and kind, because half-days of one absence are read together."""
    together: dict[tuple[str, ...], list[ToldConflict]] = {}
    for conflict in conflicts:
        key = conflict.severity, conflict.type, conflict.person, str(conflict.absence_start)
        together.setdefault(key, []).append(conflict)
    groups = list(together.values())
    rows = [
        [
            escape(group[0].severity),
            escape(CONFLICT_WORDS[group[0].type]),
            escape(group[0].person),
            str(len(group)),
            escape(group[0].description),
        ]
        for group in groups[:_ROWS]
    ]
    if not rows:
        return ""
    header = ["Severity", "Conflict", "Who", "How many>", "The first"]
    return page([table(header, rows), _rest(len(groups))]).rstrip()


def _rest(count: int) -> str:
    return f"And {count - _ROWS} more." if count > _ROWS else ""
