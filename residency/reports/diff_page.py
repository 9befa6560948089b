"""The page of a version diff: verdict, what it does to the measures, and what changed for whom."""

from collections.abc import Sequence
from datetime import datetime

from residency.program.calendar import half_day_label
from residency.quality.change_results import Assessment, HalfDayChange, PersonChange, VersionDiff
from residency.quality.results import FindingKey
from residency.reports import markdown
from residency.reports.markdown import escape
from residency.reports.quality_sentences import finding_sentence
from residency.reports.wording import moment_label, period_label, plural

PEOPLE_LISTED = 20
CHANGES_LISTED = 6
FINDINGS_LISTED = 10

_SPACE = "\N{NO-BREAK SPACE}"
_ARROW = "\N{RIGHTWARDS ARROW}"
ASSESSMENT_WORDS = {
    Assessment.IMPROVED: "Better",
    Assessment.REGRESSED: "Worse",
    Assessment.MIXED: "Better in parts, worse in others",
    Assessment.UNCHANGED: "Neither better nor worse",
}


def render_diff(diff: VersionDiff, *, at: datetime, timezone: str) -> str:
    """The Markdown page of a version diff.

    Args:
        diff: the difference, with people under pseudonyms.
        at: when it was computed, an aware instant.
        timezone: the program's time zone, in which the instant is shown.
    """
    versions = f"`{diff.version_a[:8]}` {_ARROW} `{diff.version_b[:8]}`"
    days = (
        f", {period_label(diff.period_start, diff.period_end)}"
        if diff.period_start and diff.period_end
        else ""
    )
    return markdown.page(
        [
            f"# What changed{days}",
            f"**{ASSESSMENT_WORDS[diff.assessment]}.** {escape(' '.join(diff_sentences(diff)))}",
            f"Versions {versions}, compared {escape(moment_label(at, timezone))}.",
            _measures(diff),
            _people(diff.people),
            _findings("New violations and warnings", diff.new_findings),
            _findings("Cured violations and warnings", diff.cured_findings),
            _computed(),
        ]
    )


def diff_sentences(diff: VersionDiff) -> list[str]:
    """A diff in plain text: how much changed for how many, and what moved between people."""
    changed = diff.added + diff.removed + diff.changed
    if not changed and not diff.people:
        return ["Both versions say the same."]
    told = [
        f"{plural(changed, 'half-day')} changed for {plural(len(diff.people), 'person', 'people')}: "
        f"{diff.added} added, {diff.removed} taken away, {diff.changed} changed."
    ]
    if diff.hours_moved:
        told.append(f"{diff.hours_moved:,.1f} h moved from some people to others.")
    net = diff.hours_gained - diff.hours_lost
    if abs(net) >= _LEAST_HOURS:
        told.append(f"In all {abs(net):,.1f} h {'more' if net > 0 else 'fewer'} are planned.")
    told.append(
        "The difference is significant." if diff.significant else "The difference is not significant."
    )
    return told


_LEAST_HOURS = 0.05
"""Less reads ``0.0 h``."""


def _measures(diff: VersionDiff) -> str:
    fairness = None if diff.fairness_delta is None else 100 * diff.fairness_delta
    rows = [
        ["Fairness", _delta(fairness, 1, " points")],
        ["Coverage", _delta(diff.coverage_delta, 2, " points")],
        ["Violations", _delta(diff.violations_delta, 0, "")],
        ["Assigned half-days", _delta(diff.blocks_delta, 0, "")],
        ["Seconds to make it", _delta(diff.runtime_delta, 1, " s")],
    ]
    return markdown.table(["Measure", "Change>"], rows)


def _delta(value: float | None, digits: int, unit: str) -> str:
    if value is None:
        return "not known"
    return f"{value:+,.{digits}f}{unit}" if round(value, digits) else "none"


def _people(people: Sequence[PersonChange]) -> str:
    """One row for each person, those with most changes first."""
    if not people:
        return ""
    rows = [
        [
            escape(each.person),
            f"{each.hours_before:,.1f} {_ARROW} {each.hours_after:,.1f}".replace(" ", _SPACE),
            f"{each.hours_delta:+,.1f}",
            "; ".join(told) if (told := _told(each.changes)) else "call only",
        ]
        for each in people[:PEOPLE_LISTED]
    ]
    rest = len(people) - PEOPLE_LISTED
    more = f"\n\n{plural(rest, 'more person has', 'more people have')} changes." if rest > 0 else ""
    header = ["Who", "Hours", "Change, h>", "What changed"]
    return f"## What changed for whom\n\n{markdown.table(header, rows)}{more}"


def _told(changes: Sequence[HalfDayChange]) -> list[str]:
    told = [
        f"{half_day_label(each.day, each.half)}: {escape(each.before or 'free')} {_ARROW} "
        f"{escape(each.after or 'free')}"
        for each in changes[:CHANGES_LISTED]
    ]
    rest = len(changes) - CHANGES_LISTED
    return [*told, f"and {rest} more"] if rest > 0 else told


def _findings(title: str, keys: Sequence[FindingKey]) -> str:
    if not keys:
        return ""
    sentences = [finding_sentence(key) for key in keys[:FINDINGS_LISTED]]
    rest = len(keys) - FINDINGS_LISTED
    return f"## {title}\n\n{markdown.bullets([*sentences, *([f'and {rest} more'] if rest > 0 else [])])}"


def _computed() -> str:
    return (
        "## How this was computed\n\n"
        "- Both versions are compared half-day by half-day over the days that both cover: added, taken away, "
        "or changed (service, role or override). Hours are planned hours, call included, overlaps once.\n"
        "- **Better**: fairness, coverage or violations improve and none gets worse. **Significant**: "
        "fairness moves by more than 10 points, coverage by more than 5, or the number of violations differs."
    )
