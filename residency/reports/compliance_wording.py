"""How a compliance report writes figures, windows and shares."""

from datetime import date, datetime, timedelta

from residency.acgme.findings import Verdict
from residency.reports.wording import day_label, period_label

_DIGITS = (2, 3, 4, 6)
_WEEKLY = {"h/week": "h a week"}


def tenths(part: int, whole: int) -> str:
    """A share in percent with one decimal, rounded down so that only a whole is ever ``100 %``."""
    percent = 1000 * part // whole
    return "100 %" if percent == 1000 else f"{percent // 10}.{percent % 10} %"


def number(value: float, beside: float | None = None) -> str:
    """A figure with as many decimals as tell it from the one beside it, at most two where it is the same."""
    for digits in _DIGITS:
        shown = _short(value, digits)
        if beside is None or value == beside or shown != _short(beside, digits):
            return shown
    return repr(value)


def _short(value: float, digits: int) -> str:
    shown = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def measure(value: float, limit: float, unit: str, verdict: Verdict) -> str:
    """What was found and what is allowed or needed: ``80.25 h a week, limit 80``; ``3 days, needed 4``.

    An early warning names the mark that was reached.
    """
    shown = number(value, limit)
    found = f"{shown} {_WEEKLY.get(unit, unit.removesuffix('s') if shown == '1' else unit)}"
    against = "mark" if verdict is Verdict.EARLY_WARNING else "needed" if value < limit else "limit"
    return f"{found}, {against} {number(limit)}"


def window_label(start: str, end: str) -> str:
    """A window as people say it: days for averages, clock times for periods of work and rest."""
    if "T" not in start:
        first, after = date.fromisoformat(start), date.fromisoformat(end)
        whole = first + timedelta(days=1) < after
        return period_label(first, after) if whole else f"{day_label(first)} {first.year}"
    begins, ends = datetime.fromisoformat(start), datetime.fromisoformat(end)
    until = f"{ends:%H:%M}" if begins.date() == ends.date() else f"{day_label(ends)} {ends:%H:%M}"
    return f"{instant_label(start)} to {until}"


def instant_label(at: str) -> str:
    """An ISO local time as people say it: ``Sat 14 Nov 2026 22:30``."""
    moment = datetime.fromisoformat(at)
    return f"{day_label(moment)} {moment.year} {moment:%H:%M}"
