"""The page of fairness over the last weeks: where it goes, the picture, anomalies, what to hand over."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from residency.program.calendar import half_day_label
from residency.quality.change_results import FairnessTrend, RebalancingMove, TrendDirection
from residency.reports import markdown
from residency.reports.markdown import escape
from residency.reports.quality_sentences import STATUS_WORDS, share
from residency.reports.trend_picture import trend_picture
from residency.reports.wording import day_label, moment_label, period_label, plural

MOVES_LISTED = 24

_SPACE = "\N{NO-BREAK SPACE}"
_DIRECTION = {
    TrendDirection.IMPROVING: "Improving",
    TrendDirection.STABLE: "Stable",
    TrendDirection.DECLINING: "Declining",
    TrendDirection.INSUFFICIENT_DATA: "Not enough data",
}


def render_trend(trend: FairnessTrend, *, at: datetime, timezone: str) -> str:
    """The Markdown page of a fairness trend, its picture inside.

    Args:
        trend: the weeks, oldest first, with people under pseudonyms.
        at: when it was judged, an aware instant.
        timezone: the program's time zone, in which the instant is shown.
    """
    first, last = trend.weeks[0].week_start, trend.weeks[-1].week_start + timedelta(days=7)
    alt = "Fairness of each week, with the weeks below 75 percent ringed"
    return markdown.page(
        [
            f"# Fairness over {plural(len(trend.weeks), 'week')}, {period_label(first, last)}",
            f"**{_DIRECTION[trend.trend]}.** {escape(' '.join(trend_sentences(trend)))}",
            f"Judged {escape(moment_label(at, timezone))}.",
            markdown.image(alt, trend_picture(trend)),
            _advice(trend),
            _weeks(trend),
            _computed(),
        ]
    )


def trend_sentences(trend: FairnessTrend) -> list[str]:
    """The trend in plain text: average, halves and slope, anomalies."""
    if trend.average is None:
        return ["Fairness was measured in none of the weeks."]
    told = [f"Fairness averages {share(trend.average)} over {plural(trend.measured, 'measured week')}."]
    if trend.trend is TrendDirection.INSUFFICIENT_DATA:
        told.append("Four measured weeks are needed to tell where it goes.")
    else:
        told.append(
            f"The earlier half averages {share(trend.first_half)}, the later {share(trend.second_half)}; "
            f"the slope is {100 * (trend.slope or 0.0):+.1f} points a week."
        )
    if trend.anomalies:
        weeks = ", ".join(day_label(week) for week in trend.anomalies)
        told.append(f"{plural(len(trend.anomalies), 'anomaly', 'anomalies')} below 75 %: {weeks}.")
    return told


def _advice(trend: FairnessTrend) -> str:
    """Why to rebalance, and each move in a table; the sentences of the moves stay in the result."""
    if not trend.rebalance:
        return "**Nothing has to be rebalanced.**"
    told = trend.recommendations[: len(trend.recommendations) - _cohorts(trend.moves)]
    body = [f"## What to rebalance\n\n{markdown.bullets(told)}"]
    if trend.moves:
        body.append(_moves(trend.moves))
    return "\n\n".join(body)


def _cohorts(moves: Sequence[RebalancingMove]) -> int:
    return len({move.cohort for move in moves})


def _moves(moves: Sequence[RebalancingMove]) -> str:
    rows = [
        [
            escape(move.cohort),
            half_day_label(move.day, move.half).replace(" ", _SPACE),
            escape(move.service),
            f"{escape(move.from_person)} \N{RIGHTWARDS ARROW} {escape(move.to_person)}",
            f"{move.hours:g}",
            f"{100 * move.fairness_before:.1f} \N{RIGHTWARDS ARROW} {100 * move.fairness_after:.1f}{_SPACE}%",
        ]
        for move in moves[:MOVES_LISTED]
    ]
    rest = len(moves) - MOVES_LISTED
    more = f"\n\n{plural(rest, 'more move is', 'more moves are')} in the result." if rest > 0 else ""
    header = ["Cohort", "Half-day", "Service", "From whom to whom", "Hours>", "Cohort's fairness>"]
    check = (
        "Each taker is eligible, available and free then, and breaks no duty-hours rule by it; coverage "
        "stays as it is."
    )
    return f"{markdown.table(header, rows)}{more}\n\n{check}"


def _weeks(trend: FairnessTrend) -> str:
    rows = [
        [
            day_label(week.week_start).replace(" ", _SPACE),
            share(week.value),
            f"**anomaly**, {STATUS_WORDS[week.status].lower()}"
            if week.anomaly
            else STATUS_WORDS[week.status].lower(),
        ]
        for week in trend.weeks
    ]
    return f"## The weeks\n\n{markdown.table(['Week from', 'Fairness>', 'In words'], rows)}"


def _computed() -> str:
    return (
        "## How this was computed\n\n"
        "- A week runs from Monday to Sunday; its fairness is the mean of its daily snapshots.\n"
        "- Improving or declining: the later half of the measured weeks averages more than 5 points above or "
        "below the earlier. An anomaly is a week below 75 %.\n"
        "- Rebalancing is advised when fairness declines, averages below 80 %, or has more than two "
        "anomalies. Moves are found one after the other: from the most loaded of a cohort to the least "
        "loaded who can take the half-day."
    )
