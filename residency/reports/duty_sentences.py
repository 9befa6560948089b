"""Sentences about duty hours: the verdict on a record, one finding, and what could not be judged."""

from collections import Counter
from collections.abc import Sequence

from residency.acgme.findings import Finding, Judgement, Note, NotJudged, Verdict
from residency.reports.wording import plural

_WORDS = {
    Verdict.VIOLATION: "Violation",
    Verdict.WARNING: "Warning",
    Verdict.EARLY_WARNING: "Early warning",
}


def judgement_sentence(judgement: Judgement, timezone: str) -> str:
    """The verdict in words first: what was judged and what came of it."""
    people = plural(len(judgement.people), "person", "people")
    what = f"Duty of {people}, judged by {judgement.rule_set} ({timezone} days)"
    count = Counter(finding.verdict for finding in judgement.findings)
    told = [
        plural(count[Verdict.WARNING], "warning"),
        plural(count[Verdict.EARLY_WARNING], "early warning"),
    ]
    broken = count[Verdict.VIOLATION]
    verdict = "no binding rule is broken" if not broken else f"{plural(broken, 'violation')} of binding rules"
    if not broken and judgement.not_applicable:
        verdict += " as far as the data go"
    return f"{what}: {verdict}; {' and '.join(told)}."


def finding_sentence(finding: Finding) -> str:
    """One finding as a line, with the arithmetic."""
    who = finding.person or finding.place
    return f"{_WORDS[finding.verdict]} {finding.rule}, {who}, {finding.window_start}: {finding.arithmetic}"


def not_judged_sentence(not_judged: Sequence[NotJudged]) -> str:
    """How much could not be judged, and why; never a pass."""
    count = Counter(each.reason for each in not_judged)
    reasons = "; ".join(f"{number} x {reason}" for reason, number in count.most_common())
    return f"Not judged, which is no pass: {reasons}."


def note_sentence(note: Note) -> str:
    """Something about the data of a person, or of all."""
    return (
        ", ".join(part for part in (note.person, note.at) if part) + (": " if note.person else "") + note.text
    )
