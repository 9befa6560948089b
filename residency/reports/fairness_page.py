"""The page of fairness: verdict, the cohorts, a picture of their loads, nights, weekends and holidays."""

from datetime import datetime

from residency.quality.results import CohortFairness, Fairness, ScheduleMetrics
from residency.reports import markdown
from residency.reports.fairness_picture import fairness_picture
from residency.reports.markdown import escape
from residency.reports.quality_sentences import STATUS_WORDS, fairness_sentence, figure, share
from residency.reports.wording import listed, moment_label, period_label

NAMED = 10

_LOAD_TITLES = {"hours": "All hours", "night": "Nights", "weekend": "Weekends", "holiday": "Holidays"}


def render_fairness(metrics: ScheduleMetrics, *, at: datetime, timezone: str) -> str:
    """The Markdown page of how evenly work is shared, its picture inside.

    Args:
        metrics: the measures, with their people under pseudonyms.
        at: when they were taken, an aware instant.
        timezone: the program's time zone, in which the instant is shown.
    """
    title = f"# Fairness, {period_label(metrics.period_start, metrics.period_end)}"
    taken = f"Measured {escape(moment_label(at, timezone))}."
    if metrics.fairness is None:
        return markdown.page([title, "**No data.**", markdown.bullets(metrics.warnings), taken])
    verdict = f"**{STATUS_WORDS[metrics.fairness.status]}.** {escape(fairness_sentence(metrics.fairness))}"
    return markdown.page(
        [
            title,
            verdict,
            taken,
            _cohorts(metrics.fairness),
            _picture(metrics),
            _other_loads(metrics),
            _absent(metrics),
            _computed(metrics),
        ]
    )


def _cohorts(fairness: Fairness) -> str:
    """One row a cohort, least fair first."""
    ordered = sorted(
        fairness.cohorts,
        key=lambda each: (each.fairness is None, each.degenerate, each.fairness or 0.0, each.cohort),
    )
    rows = [
        [
            escape(each.cohort),
            str(each.people),
            share(each.fairness),
            _verdict(each),
            escape(each.worst_off or "\N{EN DASH}"),
            figure(each.max_minus_min, 0),
            f"{figure(each.mean, 0)} \N{PLUS-MINUS SIGN} {figure(each.sd, 0)}",
            figure(each.jain),
        ]
        for each in ordered
    ]
    header = [
        "Cohort",
        "People>",
        "Fairness>",
        "In words",
        "Carries most",
        "Spread, h>",
        "Mean, h>",
        "Jain>",
    ]
    return markdown.table(header, rows)


def _verdict(cohort: CohortFairness) -> str:
    if cohort.fairness is None:
        return "nobody available"
    if cohort.degenerate:
        return "one person" if cohort.people == 1 else "no hours"
    return STATUS_WORDS[cohort.status].lower()


def _picture(metrics: ScheduleMetrics) -> str:
    if not metrics.people:
        return ""
    alt = "Hours of each person by cohort, and the cohorts' Lorenz curves"
    return f"## Who carries how much\n\n{markdown.image(alt, fairness_picture(metrics))}"


def _other_loads(metrics: ScheduleMetrics) -> str:
    """Night, weekend and holiday hours by cohort; what nobody works is left out."""
    shown = [each for each in metrics.other_fairness if each.overall is not None]
    if not shown:
        return ""
    rows: list[list[str]] = []
    for each in shown:
        judged = [cohort for cohort in each.cohorts if cohort.fairness is not None and not cohort.degenerate]
        least = min(judged, key=lambda cohort: cohort.fairness or 0.0)
        rows.append(
            [
                _LOAD_TITLES[each.load],
                share(each.overall),
                STATUS_WORDS[each.status].lower(),
                f"{escape(least.cohort)} ({share(least.fairness)})",
                escape(least.worst_off or ""),
            ]
        )
    body = markdown.table(
        ["Hours on", "Fairness>", "In words", "Least evenly shared by", "Carries most"], rows
    )
    return f"## Nights, weekends and holidays\n\n{body}"


def _absent(metrics: ScheduleMetrics) -> str:
    if not metrics.without_availability:
        return ""
    names = escape(listed(list(metrics.without_availability), NAMED))
    return f"Not compared, because away for the whole period or without FTE: {names}."


def _computed(metrics: ScheduleMetrics) -> str:
    return (
        "## How this was computed\n\n"
        "- **Hours** are planned hours, overlaps once, divided by FTE and by the share of the period in "
        "which the person could work: absences, recovery and days before or after employment take away from "
        "it, call does not.\n"
        "- **Fairness** is 1 less the Gini coefficient; people without hours are included. Good from 90 %, "
        "needs a look from 75 %. **Jain** is 1 when all carry the same and 1/n when one carries all.\n"
        "- The overall fairness is the mean of the cohorts, weighted by their people; cohorts of one person "
        "or without hours do not count.\n"
        "- Nights are 19:00 to 07:00, weekends Saturday and Sunday, local time. "
        f"Input `{metrics.input_hash[:12]}`."
    )
