"""Putting a compliance report together from what the engine said and what the program is."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from residency.acgme.findings import Judgement
from residency.acgme.rules import RuleSet
from residency.program.calendar import Period
from residency.program.records import Program
from residency.quality.results import Coverage, FindingKey
from residency.reports.compliance_body import ComplianceBody, Limits, ReportKind, TrendPoint
from residency.reports.compliance_facts import coverage_section, leave_section, resident_lines, residents_of
from residency.reports.compliance_judged import Decision, judged
from residency.reports.compliance_names import Pseudonyms
from residency.reports.compliance_trend import basis_point, coverage_share, trend_section
from residency.reports.wording import moment_label, period_label


@dataclass(frozen=True, slots=True)
class ReportOccasion:
    """Which revision of which report is made, and when; ``made_at`` is aware."""

    kind: ReportKind
    period: Period
    revision: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What a report is made from.

    ``planned`` and ``logged`` are judgements of the windows that end in the period; None where there is no
    schedule, or no logged hours, to judge. ``program`` holds the absences of the whole academic year.
    ``decisions`` and ``fixed_only`` are keyed by findings, ``previous`` are earlier reports of the same kind.
    """

    rules: RuleSet
    program: Program
    planned: Judgement | None
    logged: Judgement | None
    coverage: Coverage | None
    decisions: Mapping[FindingKey, Decision] = field(default_factory=dict[FindingKey, Decision])
    fixed_only: Set[FindingKey] = frozenset()
    previous: Sequence[TrendPoint] = ()
    caveats: Sequence[str] = ()


def compliance_body(occasion: ReportOccasion, facts: ReportFacts) -> ComplianceBody:
    """The content of a report, people by pseudonym and free text without their names."""
    program, period, rules = facts.program, occasion.period, facts.rules
    pseudonyms = Pseudonyms.of(program.people, program.users)
    planned, logged = (
        judged(judgement, rules, pseudonyms, facts.decisions, facts.fixed_only) if judgement else None
        for judgement in (facts.planned, facts.logged)
    )
    people = residents_of(program, period, (facts.planned, facts.logged))
    filled = coverage_section(facts.coverage) if facts.coverage else None
    current = TrendPoint(
        period_start=period.start,
        period_end=period.end,
        rule_set=rules.id,
        planned=basis_point(planned),
        logged=basis_point(logged),
        coverage=coverage_share(filled),
    )
    return ComplianceBody(
        kind=occasion.kind,
        period_start=period.start,
        period_end=period.end,
        period=period_label(period.start, period.end),
        revision=occasion.revision,
        made_at=occasion.made_at,
        made=moment_label(occasion.made_at, program.timezone),
        timezone=program.timezone,
        rule_set=rules.id,
        rule_set_title=rules.title,
        limits=Limits(weekly_hours=rules.rules.HOURS_80.max_hours, rest_hours=rules.rules.REST_8.min_hours),
        caveats=tuple(_caveats(occasion, facts, pseudonyms)),
        planned=planned,
        logged=logged,
        coverage=filled,
        leave=leave_section(people, program.absences, period, pseudonyms),
        trend=trend_section(current, facts.previous),
        residents=resident_lines(people, program, period, pseudonyms, facts.planned, facts.logged),
    )


def _caveats(occasion: ReportOccasion, facts: ReportFacts, pseudonyms: Pseudonyms) -> list[str]:
    """What a reader must know before the figures."""
    told = [pseudonyms.own_text(caveat) for caveat in facts.caveats]
    zone = ZoneInfo(facts.program.timezone)
    if occasion.made_at < datetime.combine(occasion.period.end, time(), zone):
        told.append("The report was made before its period was over; hours logged later are not in it.")
    if facts.planned is None:
        told.append("No published schedule covers the period, so the plan was not judged.")
    if facts.logged is None:
        told.append("No hours are logged for the period, so worked hours were not judged.")
    return told


def verdict_sentence(body: ComplianceBody) -> str:
    """Both verdicts in one line, for a log, a mail or a title; planned and logged apart."""
    told = [
        f"{name}: {section.headline[:1].lower()}{section.headline[1:]}"
        for name, section in (("Plan", body.planned), ("Logged hours", body.logged))
        if section is not None
    ]
    return " ".join(told) or "Nothing could be judged."
