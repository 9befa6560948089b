"""The page of one compliance report in the Prefect UI: verdicts apart, what is open, where the files are."""

from collections.abc import Sequence
from dataclasses import dataclass

from residency.acgme.findings import Verdict
from residency.reports import markdown
from residency.reports.compliance_body import ComplianceBody, FindingLine, FindingStatus, Judged
from residency.reports.compliance_wording import tenths
from residency.reports.markdown import escape
from residency.reports.wording import plural

FINDINGS_LISTED = 25


@dataclass(frozen=True, slots=True)
class ArchivedCopy:
    """One file of the report in the archive."""

    format: str
    sha256: str
    location: str


def render_compliance(body: ComplianceBody, files: Sequence[ArchivedCopy]) -> str:
    """The Markdown page of a stored report; people appear by pseudonym."""
    return markdown.page(
        [
            f"# Duty-hour compliance, {body.kind}, {escape(body.period)}",
            f"Revision {body.revision}, made {escape(body.made)}, under the rules `{body.rule_set}`.",
            markdown.bullets(body.caveats),
            _basis("The plan", body.planned),
            _basis("Logged hours", body.logged),
            _coverage(body),
            _files(files),
        ]
    )


def render_no_report(kind: str, period: str, why: str) -> str:
    """The page that takes a former report's place when there is nothing to report on."""
    return markdown.page([f"# Duty-hour compliance, {kind}, {escape(period)}", f"**No data.** {escape(why)}"])


def _basis(title: str, section: Judged | None) -> str:
    if section is None:
        return f"## {title}\n\n**Not judged.** There was nothing to judge, which is not a pass."
    told = f"**{escape(section.headline)}** {escape(' '.join(section.sentences))}"
    return markdown.page([f"## {title}", told, _rules(section), _open(section)]).rstrip()


def _rules(section: Judged) -> str:
    rows = [
        [
            escape(rule.title),
            escape(rule.reference),
            str(rule.checked),
            f"**{rule.violations}**" if rule.violations else "0",
            str(rule.warnings),
            str(rule.open),
            str(rule.not_judged),
        ]
        for rule in section.rules
    ]
    header = ["Rule", "Reference", "Judged>", "Violations>", "Warnings>", "Open>", "No data>"]
    return markdown.table(header, rows) if rows else ""


def _open(section: Judged) -> str:
    """The open violations, gravest first; the rest is counted."""
    lines = [
        line
        for line in section.findings
        if line.verdict is Verdict.VIOLATION and line.status is FindingStatus.OPEN
    ]
    if not lines:
        return ""
    header = ["Who", "Rule", "When", "Found", "Arithmetic"]
    shown = markdown.table(header, [_row(line) for line in lines[:FINDINGS_LISTED]])
    rest = len(lines) - FINDINGS_LISTED
    more = f"{plural(rest, 'more is', 'more are')} in the report." if rest > 0 else ""
    return markdown.page(["### Open violations", shown, more]).rstrip()


def _row(line: FindingLine) -> list[str]:
    cells = (line.person or line.place, line.title, line.window, line.measure, line.arithmetic)
    return [escape(cell) for cell in cells]


def _coverage(body: ComplianceBody) -> str:
    section = body.coverage
    if section is None or not section.required:
        return ""
    filled = f"{tenths(section.filled, section.required)} ({section.filled} of {section.required})"
    return f"## Coverage\n\n{filled} of the required slots are filled."


def _files(files: Sequence[ArchivedCopy]) -> str:
    rows = [[file.format.upper(), f"`{file.location}`", f"`{file.sha256}`"] for file in files]
    return f"## Files\n\n{markdown.table(['Format', 'In the archive', 'SHA-256'], rows)}"
