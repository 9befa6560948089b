"""The page of a utilization forecast: verdict, calendar, worst days with their causes, what to do."""

from datetime import datetime

from residency.reports import markdown
from residency.reports.forecast_picture import forecast_picture, worst_days
from residency.reports.markdown import escape
from residency.reports.wording import LEVEL_WORDS, day_label, moment_label, period_label, plural
from residency.resilience.forecast_results import DayForecast, ServiceForecast, UtilizationForecast

WORST_SHOWN = 8
SERVICES_SHOWN = 10
_SPACE = "\N{NO-BREAK SPACE}"


def forecast_sentences(forecast: UtilizationForecast) -> list[str]:
    """The verdict in plain text; the first sentence can stand alone."""
    (worst,) = worst_days(forecast.days, 1)
    span = plural(len(forecast.days), "day")
    fullest = f"{day_label(worst.day)} ({_used(worst)}, {worst.level}: {LEVEL_WORDS[worst.level]})"
    if forecast.high_risk_days:
        first = next(day.day for day in forecast.days if day.high_risk)
        told = [
            f"Faculty will be overloaded (RED or BLACK) on {forecast.high_risk_days} of the next {span}; the "
            f"first is {day_label(first)}, the worst {fullest}."
        ]
    else:
        told = [f"On none of the next {span} will faculty be overloaded; the fullest is {fullest}."]
    more = forecast.anticipated_high_risk_days - forecast.high_risk_days
    if more:
        told.append(
            f"If every anticipated absence comes, {plural(abs(more), 'more day', 'more days')} will be."
        )
    if forecast.estimated_days:
        verb = "has" if forecast.estimated_days == 1 else "have"
        told.append(
            f"{plural(forecast.estimated_days, 'day')} {verb} no published schedule yet and are estimated."
        )
    return told


def _used(day: DayForecast) -> str:
    return f"{int(100 * max(day.am.utilization, day.pm.utilization) + 1e-6)} % used"


def render_forecast(forecast: UtilizationForecast, *, at: datetime, timezone: str) -> str:
    """The Markdown page of a forecast, its calendar inside.

    Args:
        forecast: what was forecast.
        at: when, an aware instant.
        timezone: the program's time zone, in which the instant is shown.
    """
    title = f"# Utilization forecast, {period_label(forecast.period_start, forecast.period_end)}"
    verdict, *facts = forecast_sentences(forecast)
    picture = markdown.image("Calendar of the faculty's utilization", forecast_picture(forecast))
    return markdown.page(
        [
            title,
            f"**{escape(verdict)}** {escape(' '.join(facts))}".strip(),
            f"Made {escape(moment_label(at, timezone))}.",
            _section("What to do", forecast.recommendations),
            f"## Every half-day\n\n{picture}",
            _worst(forecast),
            _services(forecast),
            _section("Data to put right", forecast.warnings),
            _computed(forecast),
        ]
    )


def _section(title: str, sentences: tuple[str, ...]) -> str:
    return f"## {title}\n\n{markdown.bullets(sentences)}" if sentences else ""


def _worst(forecast: UtilizationForecast) -> str:
    """The worst high-risk days and what makes them so."""
    found = [day for day in worst_days(forecast.days, WORST_SHOWN) if day.high_risk]
    if not found:
        return ""
    rows = [
        [
            day_label(day.day).replace(" ", _SPACE),
            f"{day.level}{'' if day.known else ' (estimated)'}",
            _half(day.am.demanded, day.am.available),
            _half(day.pm.demanded, day.pm.available),
            escape(" ".join(day.factors)),
        ]
        for day in found
    ]
    rest = forecast.high_risk_days - len(found)
    more = f"\n\n{plural(rest, 'more day is', 'more days are')} RED or BLACK." if rest > 0 else ""
    header = ["Day", "Level", "AM needed / there", "PM needed / there", "Why"]
    return f"## The worst days\n\n{markdown.table(header, rows)}{more}"


def _half(demanded: float, available: float) -> str:
    return f"{_figure(demanded)}{_SPACE}/{_SPACE}{_figure(available)}"


def _figure(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.1f}"


def _services(forecast: UtilizationForecast) -> str:
    """The services that come closest to their limits."""
    short = [service for service in forecast.services if service.high_risk_days]
    ordered = sorted(short, key=lambda each: (-each.high_risk_days, -each.worst_utilization, each.name))
    if not ordered:
        return ""
    rows = [
        [
            escape(service.name),
            str(service.high_risk_days),
            escape(service.worst_half_day).replace(" ", _SPACE),
            _worst_figures(service),
        ]
        for service in ordered[:SERVICES_SHOWN]
    ]
    rest = len(ordered) - len(rows)
    more = f"\n\n{plural(rest, 'more service')} with such days." if rest > 0 else ""
    header = ["Service", "RED or BLACK days>", "Worst half-day", "Staff used>"]
    return f"## Services with nobody to spare\n\n{markdown.table(header, rows)}{more}"


def _worst_figures(service: ServiceForecast) -> str:
    return f"{int(100 * service.worst_utilization + 1e-6)}{_SPACE}% {service.level}"


def _computed(forecast: UtilizationForecast) -> str:
    sentences = (
        *forecast.assumptions,
        "Utilization is faculty work demanded over faculty available, mornings and afternoons apart; a day's "
        "level is that of its worse half. YELLOW from 70 %, ORANGE 80 %, RED 90 %, BLACK 95 %.",
        "A service's staff are the people who are eligible for it and there, wherever else they are needed.",
    )
    return f"## How this was computed\n\n{markdown.bullets(sentences)}\n- Input `{forecast.input_hash[:12]}`."


def render_no_forecast(why: str) -> str:
    """The page when no schedule is published for any day, so that there is nothing to go by."""
    return markdown.page(["# Utilization forecast", f"**No data.** {escape(why)}"])
