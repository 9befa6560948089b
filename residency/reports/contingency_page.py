"""The page of one contingency analysis: verdict, first steps, people, pairs, heat map, signs, advice."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from residency.program.calendar import half_day_label
from residency.reports import markdown
from residency.reports.contingency_picture import contingency_picture, loss_matrix
from residency.reports.early_signs import early_signs
from residency.reports.markdown import escape
from residency.reports.verdicts import contingency_sentences, left_undone, ranked_people
from residency.reports.wording import (
    RISK_WORDS,
    SEVERITY_WORDS,
    listed,
    moment_label,
    period_label,
    plural,
    times,
)
from residency.resilience.results import (
    ContingencyReport,
    PairLoss,
    PersonLoss,
    Recommendation,
    Severity,
)

__all__ = ("contingency_sentences", "render_contingency")

PEOPLE_LISTED = 15
PAIRS_LISTED = 10
FIRST_STEPS = 3
_HALF_DAYS_NAMED = 4
_SERVICES_NAMED = 3


def render_contingency(report: ContingencyReport, *, at: datetime, timezone: str) -> str:
    """The Markdown page of a contingency report, its heat map inside.

    Args:
        report: the report to show; people appear under its labels, which are pseudonyms outside the
            application.
        at: when it was computed, an aware instant.
        timezone: the program's time zone, in which the instant is shown.
    """
    headline, *facts = contingency_sentences(report)
    steps = report.recommendations
    return markdown.page(
        [
            f"# Contingency, {period_label(report.period_start, report.period_end)}",
            f"**{escape(headline)}** {escape(' '.join(facts))}",
            f"Computed {escape(moment_label(at, timezone))}.",
            _steps("What to do first", steps[:FIRST_STEPS])
            or "**Nothing has to be done: nobody's loss leaves a gap that calls for a step.**",
            _people(report),
            _pairs(report),
            _picture(report),
            _where(report),
            early_signs(report.phase_indicators),
            _steps("Further steps", steps[FIRST_STEPS:]),
            _warnings(report.warnings),
            _computed(report),
        ]
    )


def _steps(title: str, steps: Sequence[Recommendation]) -> str:
    if not steps:
        return ""
    return f"## {title}\n\n{markdown.bullets([step.sentence for step in steps])}"


def _people(report: ContingencyReport) -> str:
    """The single losses, worst first."""
    ranked = [loss for loss in ranked_people(report) if loss.severity is not Severity.NONE]
    if not ranked:
        return ""
    rows = [_person_row(loss) for loss in ranked[:PEOPLE_LISTED]]
    header = [
        "Person",
        "If away alone",
        "Nobody can cover>",
        "Supervision missing>",
        "To hand over>",
        "Only one assigned>",
    ]
    rest = Counter(loss.severity for loss in ranked[PEOPLE_LISTED:])
    counts = [f"{rest[severity]} {severity}" for severity in Severity if rest[severity]]
    more = f"{plural(rest.total(), 'more person', 'more people')}: {', '.join(counts)}." if counts else ""
    return markdown.page(["## People, worst loss first", markdown.table(header, rows), more]).rstrip()


def _person_row(loss: PersonLoss) -> list[str]:
    word = f"{loss.severity} ({SEVERITY_WORDS[loss.severity]})"
    return [
        escape(loss.person),
        f"**{word}**" if loss.severity is Severity.CRITICAL else word,
        str(loss.reassigned_gap),
        str(max(0, loss.supervision_deficit)),
        str(loss.assigned_gap),
        str(loss.sole_provider_slots),
    ]


def _pairs(report: ContingencyReport) -> str:
    """The pairs that cost more than their two single losses together, harmless singles first."""
    alone = {loss.person: left_undone(loss) for loss in report.n1}
    joint = {(pair.a, pair.b) for pair in report.joint_only_pairs}

    def beyond(pair: PairLoss) -> int:
        return left_undone(pair) - alone.get(pair.a, 0) - alone.get(pair.b, 0)

    worse = [pair for pair in report.n2.fatal if beyond(pair) > 0]
    if not worse:
        return ""
    worse.sort(key=lambda pair: ((pair.a, pair.b) not in joint, -beyond(pair), pair.a, pair.b))
    rows = [
        [
            f"{escape(pair.a)} and {escape(pair.b)}",
            str(left_undone(pair)),
            f"{alone.get(pair.a, 0)} and {alone.get(pair.b, 0)}",
            "**only seen together**" if (pair.a, pair.b) in joint else f"{beyond(pair)} more together",
        ]
        for pair in worse[:PAIRS_LISTED]
    ]
    rest = len(worse) - PAIRS_LISTED
    more = f"{plural(rest, 'more pair')} not listed." if rest > 0 else ""
    header = ["Away together", "Left uncovered>", "Each alone>", "Why it matters"]
    title = "## Pairs that are worse together than apart"
    return markdown.page([title, markdown.table(header, rows), more]).rstrip()


def _picture(report: ContingencyReport) -> str:
    matrix = loss_matrix(report)
    if matrix is None:
        return ""
    alt = "Heat map of what each pair of people leaves uncovered when away together"
    return f"## Pairs at a glance\n\n{markdown.image(alt, contingency_picture(matrix))}"


def _where(report: ContingencyReport) -> str:
    """Where the people who cannot be replaced are missed."""
    if not report.impacts:
        return ""
    rows: list[list[str]] = []
    for impact in report.impacts:
        most = sorted(impact.services.items(), key=lambda item: (-item[1], item[0]))
        services = [times(count, escape(name)) for name, count in most]
        first = [half_day_label(slot.day, slot.half) for slot in impact.slots]
        unique = list(dict.fromkeys(first))
        rows.append(
            [
                escape(impact.person),
                listed(services, _SERVICES_NAMED),
                ", ".join(unique[:_HALF_DAYS_NAMED]),
            ]
        )
    table = markdown.table(["Person", "Services and slots lost", "First half-days"], rows)
    return f"## Where they are missed\n\n{table}"


def _warnings(warnings: Sequence[str]) -> str:
    return f"## Data to put right\n\n{markdown.bullets(warnings)}" if warnings else ""


def _computed(report: ContingencyReport) -> str:
    people = plural(report.people_analysed, "person", "people")
    risks = ", ".join(f"{risk} = {words}" for risk, words in RISK_WORDS.items())
    return (
        "## How this was computed\n\n"
        f"- Every one of {people} and of {plural(report.pairs_analysed, 'pair')} was taken out in turn; "
        "nothing was estimated. All numbers are what the loss adds to the state before it.\n"
        "- **Nobody can cover**: required slots still empty after the best reassignment of all others "
        "who are eligible and available, one slot a half-day (maximum matching).\n"
        "- **Supervision missing**: attendings short of one for four units of residents' work; a lost "
        "resident, who would have needed supervision, counts as 0. **Left uncovered** is the sum of both.\n"
        "- **To hand over**: slots that empty if nobody moves. **Only one assigned**: half-days of a service "
        "where nobody else is assigned.\n"
        "- critical = something is left uncovered, high = more than 5 slots to hand over, medium = 1 to 5. "
        "N-1 passes without a critical person, N-2 without such a pair.\n"
        f"- Risk of tipping over: {risks}. Advisory signs are trends.\n"
        f"- Input `{report.input_hash[:12]}`."
    )
