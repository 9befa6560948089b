"""The page of one health check: verdict, what to do now, figures, picture, what is short, what to watch."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from residency.program.calendar import half_day_label
from residency.program.vocabulary import Half
from residency.reports import markdown
from residency.reports.early_signs import early_signs
from residency.reports.health_picture import health_picture, picture_order
from residency.reports.markdown import escape
from residency.reports.verdicts import health_facts, health_sentences
from residency.reports.wording import (
    DEFENSE_WORDS,
    LEVEL_WORDS,
    REDUNDANCY_WORDS,
    RISK_WORDS,
    STATUS_WORDS,
    listed,
    moment_label,
    percent,
    period_label,
    plural,
    times,
    wait,
)
from residency.resilience.health import ContingencyVerdict, judge
from residency.resilience.health_advice import LOW_BUFFER
from residency.resilience.results import (
    DefenseLevel,
    HealthAssessment,
    HealthStatus,
    PhaseRisk,
    ServiceHealth,
    UtilizationLevel,
)
from residency.resilience.utilization import buffer

__all__ = ("health_sentences", "render_health")

HALF_DAYS_LISTED = 12
SERVICES_LISTED = 12
ITEMS_LISTED = 6

_NO_SPARE = ("BELOW", "N+0")
_NONE = "\N{EN DASH}"
_SPACE = "\N{NO-BREAK SPACE}"


def render_health(
    assessment: HealthAssessment, *, at: datetime, timezone: str, report_url: str | None = None
) -> str:
    """The Markdown page of a health check, its picture inside.

    Args:
        assessment: the verdict to show.
        at: when it was checked, an aware instant.
        timezone: the program's time zone, in which the instant is shown.
        report_url: where the contingency report behind N-1 and N-2 can be read, when there is one.
    """
    title = f"# Schedule health, {period_label(assessment.period_start, assessment.period_end)}"
    checked = f"Checked {escape(moment_label(at, timezone))}."
    used, defense = assessment.utilization_level, assessment.defense_level
    if used is None or defense is None:  # nothing is published, so there was nothing to measure
        return markdown.page([title, _verdict(assessment), checked, _computed(assessment)])
    return markdown.page(
        [
            title,
            _verdict(assessment),
            checked,
            _now(assessment),
            _figures(assessment, used, defense, report_url),
            _picture(assessment),
            _short_half_days(assessment),
            _services(assessment.services),
            _section("Keep an eye on", assessment.watch_items),
            early_signs(assessment.phase_indicators),
            _section("Data to put right", assessment.warnings),
            _computed(assessment),
        ]
    )


def _verdict(assessment: HealthAssessment) -> str:
    return f"**{STATUS_WORDS[assessment.status]}.** {escape(' '.join(health_facts(assessment)))}"


def _section(title: str, sentences: Sequence[str]) -> str:
    return f"## {title}\n\n{markdown.bullets(sentences)}" if sentences else ""


def _now(assessment: HealthAssessment) -> str:
    if not assessment.immediate_actions:
        if assessment.gaps or assessment.supervision_gaps:
            return "**No immediate step is called for, but the gaps below should be filled.**"
        return "**Nothing has to be done now.**"
    human = (
        ""
        if assessment.may_act_automatically
        else ("\n\nCoverage is below 80 %, so nothing is started automatically: a person decides each step.")
    )
    return _section("What to do now", assessment.immediate_actions) + human


def _figures(
    assessment: HealthAssessment, used: UtilizationLevel, defense: DefenseLevel, report_url: str | None
) -> str:
    """The measures that decide the status, and the status that each one alone would give."""
    demanded, available = assessment.faculty_demanded, assessment.faculty_available
    free = buffer(demanded, available)
    required, filled = assessment.required_slots, assessment.filled_slots
    slots = f"{percent(filled, required)} ({filled} of {required})" if required else "nothing required"
    rows = [
        ["Slots filled", slots, f"{escape(defense)} ({DEFENSE_WORDS[defense]})", _alone(defense=defense)],
        [
            "Faculty used",
            f"{percent(demanded, available)} ({demanded} of {plural(available, 'half-day')})",
            f"{used} ({LEVEL_WORDS[used]})",
            _alone(used=used),
        ],
        [
            "Buffer below the 80 % mark",
            f"{percent(*free.as_integer_ratio())} ({plural(int(free * available), 'half-day')})",
            "low, 10 % is wanted" if free < LOW_BUFFER else "enough",
            "",
        ],
        [
            "Wait for a free attending",
            wait(assessment.mean_wait),
            f"in lengths of one task, for a pool of {assessment.pool_size:.1f}",
            "",
        ],
        *_loss_rows(assessment, report_url),
    ]
    return markdown.table(["Measure", "Now", "In words", "Status from this alone"], rows)


def _loss_rows(assessment: HealthAssessment, report_url: str | None) -> list[list[str]]:
    link = f" ([report]({report_url}))" if report_url else ""
    n1, n2, risk = assessment.n1_pass, assessment.n2_pass, assessment.phase_risk
    if n1 is None or n2 is None or risk is None:
        return [["Loss of one or two people", "not known yet", "a contingency analysis is requested", ""]]
    one = _alone(contingency=ContingencyVerdict(n1, True, PhaseRisk.LOW, 0))
    two = _alone(contingency=ContingencyVerdict(True, n2, PhaseRisk.LOW, 0))
    tip = _alone(contingency=ContingencyVerdict(True, True, risk, 0))
    return [
        [f"Loss of one person (N-1){link}", *_pass(n1, "one loss"), one],
        ["Loss of two people (N-2)", *_pass(n2, "two losses at once"), two],
        ["Risk of tipping over", str(risk), RISK_WORDS[risk], tip],
    ]


def _pass(passes: bool, loss: str) -> tuple[str, str]:
    if passes:
        return "passes", f"{loss} can be absorbed"
    return "**fails**", f"{loss} can leave work that nobody else can do"


def _alone(
    used: UtilizationLevel = UtilizationLevel.GREEN,
    defense: DefenseLevel = DefenseLevel.PREVENTION,
    contingency: ContingencyVerdict | None = None,
) -> str:
    status = judge(used, defense, contingency)
    word = STATUS_WORDS[status].lower()
    return word if status is HealthStatus.HEALTHY else f"**{word}**"


def _short_half_days(assessment: HealthAssessment) -> str:
    """One row for each half-day with empty slots or too few attendings, in order of time."""
    if not assessment.gaps and not assessment.supervision_gaps:
        return ""
    names = {service.service: service.name for service in assessment.services}
    empty: defaultdict[tuple[date, Half], list[str]] = defaultdict(list)
    attendings: defaultdict[tuple[date, Half], list[str]] = defaultdict(list)
    for gap in assessment.gaps:
        empty[gap.day, gap.half].append(times(gap.missing, escape(names[gap.service])))
    for gap in assessment.supervision_gaps:
        attendings[gap.day, gap.half].append(times(gap.missing, escape(gap.service)))
    short = sorted({*empty, *attendings})
    rows = [
        [
            half_day_label(*when).replace(" ", _SPACE),
            _few(empty[when]),
            _few(attendings[when]),
        ]
        for when in short[:HALF_DAYS_LISTED]
    ]
    rest = len(short) - HALF_DAYS_LISTED
    more = f"\n\n{plural(rest, 'later half-day is', 'later half-days are')} short too." if rest > 0 else ""
    header = ["Half-day", "Empty slots", "Attendings missing"]
    return f"## Where it is short\n\n{markdown.table(header, rows)}{more}"


def _few(items: list[str]) -> str:
    return listed(items, ITEMS_LISTED) if items else _NONE


def _services(services: Sequence[ServiceHealth]) -> str:
    """The services worth a look, worst first; the rest is counted."""
    ordered = picture_order(services)
    shown = [s for s in ordered if s.filled < s.demanded or s.redundancy in _NO_SPARE or _busy(s)]
    shown = shown[:SERVICES_LISTED]
    if not services:
        return ""
    rest = [service for service in ordered if service not in shown]
    missing = sum(service.demanded - service.filled for service in rest)
    spare = all(service.redundancy not in _NO_SPARE for service in rest)
    told = [
        f"{plural(missing, 'slot')} empty" if missing else "every slot filled",
        "at least one spare person in every half-day" if spare else "some without a spare person",
    ]
    if not shown:
        return f"## Services\n\n{plural(len(rest), 'service')}: {', '.join(told)}."
    summary = f"{plural(len(rest), 'other service')}: {', '.join(told)}." if rest else ""
    rows = [
        [
            escape(service.name),
            f"{_share(service.filled, service.demanded)} ({service.filled} of {service.demanded})",
            f"{service.redundancy} ({REDUNDANCY_WORDS[service.redundancy]}), {service.worst_half_day}",
            f"{_share(service.demanded, service.available)}{_SPACE}{service.level}",
            f"{service.pool_size:.1f}",
            wait(service.mean_wait).replace(" ", _SPACE),
        ]
        for service in shown
    ]
    header = ["Service", "Slots filled", "Spare people at worst", "Staff used>", "Pool>", "Wait>"]
    body = markdown.table(header, rows)
    return markdown.page(["## Services to look at, worst first", body, summary]).rstrip()


def _busy(service: ServiceHealth) -> bool:
    return service.level not in (UtilizationLevel.GREEN, UtilizationLevel.YELLOW)


def _share(part: int, whole: int) -> str:
    """A percentage that no line break tears apart."""
    return percent(part, whole).replace(" ", _SPACE)


def _picture(assessment: HealthAssessment) -> str:
    if not assessment.half_days:
        return ""
    alt = "Faculty load and filled slots of every service in the next seven days"
    return f"## The next seven days\n\n{markdown.image(alt, health_picture(assessment))}"


def _computed(assessment: HealthAssessment) -> str:
    return (
        "## How this was computed\n\n"
        "- **Slots filled**: an eligible person who is present holds the slot. PREVENTION from 95 %, CONTROL "
        f"90 %, {escape(DefenseLevel.SAFETY_SYSTEMS)} 80 %, CONTAINMENT 70 %, below that EMERGENCY.\n"
        "- **Faculty used**: half-days of faculty work (slots that residents may not or do not fill, and one "
        "attending for four units of supervision) over half-days that faculty are available, weekends "
        "included. YELLOW from 70 %, ORANGE 80 %, RED 90 %, BLACK 95 %.\n"
        "- **Staff used** and **pool**: slots over, and mean number of, people who are eligible and "
        "available when the service needs somebody; one person may stand in several pools.\n"
        "- **Wait**: mean wait in lengths of one task if tasks came at random (an M/M/c queue).\n"
        "- Percentages are rounded down, so 99.6 % is never shown as 100 %. "
        f"Input `{assessment.input_hash[:12]}`."
    )
