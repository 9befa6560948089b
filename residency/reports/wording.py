"""The plain words that stand beside code words on every page, and how figures are written."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from residency.resilience.results import (
    DefenseLevel,
    HealthStatus,
    PhaseRisk,
    Severity,
    UtilizationLevel,
)

STATUS_WORDS = {
    HealthStatus.NO_DATA: "No data",
    HealthStatus.HEALTHY: "Healthy",
    HealthStatus.WARNING: "Warning",
    HealthStatus.DEGRADED: "Degraded",
    HealthStatus.CRITICAL: "Critical",
    HealthStatus.EMERGENCY: "Emergency",
}

LEVEL_WORDS = {
    UtilizationLevel.GREEN: "room to spare",
    UtilizationLevel.YELLOW: "getting busy",
    UtilizationLevel.ORANGE: "stretched",
    UtilizationLevel.RED: "overloaded",
    UtilizationLevel.BLACK: "no reserve left",
}

DEFENSE_WORDS = {
    DefenseLevel.PREVENTION: "normal running",
    DefenseLevel.CONTROL: "adjust the plan",
    DefenseLevel.SAFETY_SYSTEMS: "use the prepared backups",
    DefenseLevel.CONTAINMENT: "limit the damage, people decide",
    DefenseLevel.EMERGENCY: "emergency, people decide",
}

REDUNDANCY_WORDS = {
    "N+2": "two or more spare people",
    "N+1": "one spare person",
    "N+0": "no spare person",
    "BELOW": "fewer people than needed",
}

SEVERITY_WORDS = {
    Severity.CRITICAL: "irreplaceable",
    Severity.HIGH: "many handovers",
    Severity.MEDIUM: "few handovers",
    Severity.NONE: "no effect",
}

RISK_WORDS = {
    PhaseRisk.LOW: "no early sign",
    PhaseRisk.MEDIUM: "one early sign",
    PhaseRisk.HIGH: "two early signs",
    PhaseRisk.CRITICAL: "three or more early signs",
}


def percent(part: int, whole: int) -> str:
    """A share as a whole percentage, rounded down so that neither 100 % nor a threshold is shown early.

    A small share that would read ``0 %`` reads ``under 1 %``. Something out of nothing is all of it: with
    nobody available, faculty are 100 % used when anybody is wanted.
    """
    if whole == 0:
        return "100 %" if part else "0 %"
    if 0 < 100 * part < whole:
        return "under 1 %"
    return f"{100 * part // whole} %"


def plural(count: int, noun: str, many: str | None = None) -> str:
    """``1 half-day``, ``3 half-days``."""
    return f"{count} {noun if count == 1 else many or noun + 's'}"


def times(count: int, name: str) -> str:
    """``3 x Clinic``, with the typographic sign."""
    return f"{count}\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}{name}"


def day_label(day: date) -> str:
    """``Tue 3 Mar``."""
    return f"{day:%a} {day.day} {day:%b}"


def moment_label(at: datetime, timezone: str) -> str:
    """An instant on the program's clock: ``Mon 2 Mar 2026 06:15 HST``."""
    local = at.astimezone(ZoneInfo(timezone))
    return f"{day_label(local)} {local:%Y %H:%M %Z}"


def period_label(start: date, end: date) -> str:
    """The days of ``[start, end)`` as people say them: ``Mon 2 Mar to Sun 8 Mar 2026``."""
    last = max(start, end - timedelta(days=1))
    return f"{day_label(start)} to {day_label(last)} {last.year}"


def listed(names: list[str], shown: int, total: int | None = None) -> str:
    """``A, B and C``, or ``A, B and 7 more`` beyond ``shown`` names, of ``total`` where not all are given."""
    rest = (len(names) if total is None else total) - len(names[:shown])
    head, tail = (names[:shown], f"{rest} more") if rest > 0 else (names[:-1], names[-1] if names else "")
    return f"{', '.join(head)} and {tail}" if head else tail


def wait(service_times: float | None) -> str:
    """A mean wait in service times."""
    if service_times is None:
        return "without end"
    if service_times == 0:
        return "none"
    return f"{service_times:.2f}" if service_times >= 0.01 else "below 0.01"
