"""What the duty-hours engine said on one basis, told in lines and sentences with what was decided on it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date

from residency.acgme.findings import Checks, Finding, Judgement, Note, NotJudged, RuleTally, Severity, Verdict
from residency.acgme.rules import RuleSet
from residency.quality.results import FindingKey, StatusLabel
from residency.quality.status import COMPLIANCE_WARNING
from residency.reports.compliance_body import (
    FindingLine,
    FindingStatus,
    Judged,
    NoteLine,
    NotJudgedLine,
    RuleLine,
    Tally,
)
from residency.reports.compliance_names import Pseudonyms
from residency.reports.compliance_rules import rule_order, rule_reference, rule_title, rule_topic
from residency.reports.compliance_wording import instant_label, measure, tenths, window_label
from residency.reports.wording import plural

_SEVERITIES = tuple(Severity)
_VERDICTS = tuple(Verdict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided on a finding, and why; it holds while the finding's arithmetic is as it was."""

    status: FindingStatus
    reason: str
    decided_on: date
    arithmetic: str


def status_of(checks: Checks) -> StatusLabel:
    """Good without a failed check, a warning from 90 % of the checks passed, else critical."""
    compliance = checks.compliance
    if compliance is None:
        return StatusLabel.NO_DATA
    if not sum(checks.failed.values()):
        return StatusLabel.GOOD
    return StatusLabel.WARNING if compliance >= COMPLIANCE_WARNING else StatusLabel.CRITICAL


def judged(
    judgement: Judgement,
    rules: RuleSet,
    pseudonyms: Pseudonyms,
    decisions: Mapping[FindingKey, Decision],
    fixed_only: Set[FindingKey] = frozenset(),
) -> Judged:
    """One basis of the report.

    Args:
        judgement: what the engine said.
        rules: the rules that judged.
        pseudonyms: what people are called.
        decisions: what was decided, by the finding's key; of a finding whose arithmetic has changed since it
            no longer holds.
        fixed_only: keys of the findings that locked assignments alone cause.
    """
    lines = [
        _finding_line(finding, pseudonyms, decisions.get(finding.key), fixed_only)
        for finding in sorted(judgement.findings, key=_order)
    ]
    violations = tuple(line for line in lines if line.verdict is Verdict.VIOLATION)
    warnings = tuple(line for line in lines if line.verdict is Verdict.WARNING)
    others = tuple(line for line in lines if line.verdict not in (Verdict.VIOLATION, Verdict.WARNING))
    not_judged = _not_judged(judgement.not_applicable, pseudonyms)
    checks = judgement.checks
    made, failed = sum(checks.made.values()), sum(checks.failed.values())
    section = Judged(
        basis=judgement.basis,
        status=status_of(checks),
        headline="",
        sentences=(),
        checks=made,
        failed=failed,
        compliance=checks.compliance,
        weighted=checks.weighted,
        violations=_tally(violations),
        warnings=_tally(warnings),
        rules=_rule_lines(judgement, rules, [*violations, *warnings]),
        findings=(*violations, *warnings),
        early_warnings=others,
        notes=tuple(_note_line(note, pseudonyms) for note in judgement.notes),
        not_judged=not_judged,
    )
    headline, *sentences = _sentences(section)
    return section.model_copy(update={"headline": headline, "sentences": tuple(sentences)})


def _order(finding: Finding) -> tuple[int, int, tuple[int, str], str, str, str]:
    return (
        _VERDICTS.index(finding.verdict),
        _SEVERITIES.index(finding.severity),
        rule_order(finding.rule),
        finding.window_start,
        finding.person,
        finding.place,
    )


def _finding_line(
    finding: Finding, pseudonyms: Pseudonyms, decision: Decision | None, fixed_only: Set[FindingKey]
) -> FindingLine:
    if decision is not None and decision.arithmetic != finding.arithmetic:
        decision = None
    exception = pseudonyms.free_text(finding.exception)
    cited = finding.arithmetic.replace(finding.exception, exception) if exception else finding.arithmetic
    return FindingLine(
        rule=finding.rule,
        title=rule_title(finding.rule),
        topic=rule_topic(finding.rule),
        verdict=finding.verdict,
        severity=finding.severity,
        status=decision.status if decision else FindingStatus.OPEN,
        reason=pseudonyms.free_text(decision.reason) if decision else "",
        decided_on=decision.decided_on if decision else None,
        person=pseudonyms.person(finding.person),
        pgy=finding.pgy,
        place=pseudonyms.own_text(finding.place),
        window_start=finding.window_start,
        window_end=finding.window_end,
        window=window_label(finding.window_start, finding.window_end),
        value=finding.value,
        limit=finding.limit,
        unit=finding.unit,
        measure=measure(finding.value, finding.limit, finding.unit, finding.verdict),
        arithmetic=pseudonyms.own_text(cited),
        leave_half_days=finding.leave_half_days,
        exception=exception,
        fixed_only=finding.key in fixed_only,
    )


def _note_line(note: Note, pseudonyms: Pseudonyms) -> NoteLine:
    return NoteLine(
        person=pseudonyms.person(note.person),
        at=note.at,
        when=instant_label(note.at) if note.at else "",
        text=pseudonyms.own_text(note.text),
    )


def _tally(lines: Sequence[FindingLine]) -> Tally:
    by = Counter(line.status for line in lines)
    return Tally(
        total=len(lines),
        open=by[FindingStatus.OPEN],
        justified=by[FindingStatus.JUSTIFIED],
        false_positive=by[FindingStatus.FALSE_POSITIVE],
    )


def _rule_lines(judgement: Judgement, rules: RuleSet, lines: Sequence[FindingLine]) -> tuple[RuleLine, ...]:
    found: defaultdict[str, list[FindingLine]] = defaultdict(list)
    for line in lines:
        found[line.rule].append(line)
    missing = Counter(entry.rule for entry in judgement.not_applicable)
    each_rule = (
        _rule_line(rule, rules, judgement.by_rule.get(rule, RuleTally()), found[rule], missing[rule])
        for rule in sorted({*judgement.by_rule, *missing, *found}, key=rule_order)
    )
    # The engine counts rules, too, that this rule set does not have.
    return tuple(each for each in each_rule if each.force or each.checked or found[each.rule])


def _rule_line(
    rule: str, rules: RuleSet, tally: RuleTally, lines: Sequence[FindingLine], missing: int
) -> RuleLine:
    reference, force = rule_reference(rules, rule)
    decided = _tally(lines)
    return RuleLine(
        rule=rule,
        title=rule_title(rule),
        topic=rule_topic(rule),
        reference=reference,
        force=force,
        checked=tally.checked,
        violations=sum(line.verdict is Verdict.VIOLATION for line in lines),
        warnings=sum(line.verdict is Verdict.WARNING for line in lines),
        open=decided.open,
        justified=decided.justified,
        false_positive=decided.false_positive,
        not_judged=missing,
    )


def _not_judged(entries: Sequence[NotJudged], pseudonyms: Pseudonyms) -> tuple[NotJudgedLine, ...]:
    """One line for each person's window and reason, however many rules wanted to look at it."""
    grouped: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    for entry in entries:
        grouped[pseudonyms.person(entry.person), entry.window_start, entry.reason].add(entry.rule)
    return tuple(
        NotJudgedLine(
            person=person,
            window_start=start,
            rules=tuple(sorted(rules, key=rule_order)),
            reason=pseudonyms.own_text(reason),
        )
        for (person, start, reason), rules in sorted(grouped.items())
    )


def _sentences(section: Judged) -> list[str]:
    """The verdict first, able to stand alone; then what it rests on."""
    if not section.checks:
        told = ["Nothing could be judged in this period; that is not a pass."]
    else:
        told = [_verdict(section), _share(section)]
    if section.warnings.total:
        told.append(f"{plural(section.warnings.total, 'warning')}, {section.warnings.open} open.")
    if section.not_judged:
        windows = plural(len(section.not_judged), "window")
        verb = "is" if len(section.not_judged) == 1 else "are"
        told.append(f"{windows} could not be judged for want of data and {verb} not counted as passed.")
    if section.early_warnings:
        early = plural(len(section.early_warnings), "early warning")
        told.append(f"{early} from rolling averages, which change no verdict.")
    return told


def _verdict(section: Judged) -> str:
    violations = section.violations
    if not violations.total:
        return "No violation was found."
    decided = [f"{violations.open} open"]
    if violations.justified:
        decided.append(f"{violations.justified} justified")
    if violations.false_positive:
        decided.append(f"{violations.false_positive} marked as false positive")
    return f"{plural(violations.total, 'violation')}: {', '.join(decided)}."


def _share(section: Judged) -> str:
    passed = section.checks - section.failed
    if not section.failed:
        return (
            f"All {plural(section.checks, 'check')} passed."
            if section.checks > 1
            else "The one check passed."
        )
    return f"{passed} of {plural(section.checks, 'check')} passed ({tenths(passed, section.checks)})."
