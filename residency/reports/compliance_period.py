"""Which days a compliance report is about: the Friday-to-Friday week or the calendar month just ended."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from residency.errors import InvalidInputError
from residency.program.calendar import Period
from residency.reports.compliance_body import ReportKind

_FRIDAY = 4
_MOST_DAYS = 366


def report_period(
    kind: ReportKind, at: datetime, timezone: str, start: date | None = None, end: date | None = None
) -> Period:
    """The days asked for, else the week from Friday to Friday or the calendar month that ended last.

    What ended last is told by the date in UTC, in which the schedule is written, or by the site's where that
    is ahead: on the first of a month at 09:00 UTC it is still the last of the former in Honolulu, and the
    report is about that former month all the same.

    Args:
        kind: weekly or monthly.
        at: the instant that the report answers for, aware.
        timezone: the site's IANA time zone.
        start: first day, if other days are wanted.
        end: the day after the last, if other days are wanted.

    Raises:
        InvalidInputError: if only one of the two days is given, or if they are out of order or too far apart.
    """
    if (start is None) != (end is None):
        missing = "start" if start is None else "end"
        raise InvalidInputError(
            missing, None, "a date, because start and end are given together or not at all"
        )
    if start is not None and end is not None:
        if not 1 <= (end - start).days <= _MOST_DAYS:
            after = f"a date 1 to {_MOST_DAYS} days after {start.isoformat()}"
            raise InvalidInputError("end", end.isoformat(), after)
        return Period(start, end)
    today = max(at.astimezone(UTC).date(), at.astimezone(ZoneInfo(timezone)).date())
    if kind is ReportKind.WEEKLY:
        friday = today - timedelta(days=(today.weekday() - _FRIDAY) % 7)
        return Period(friday - timedelta(days=7), friday)
    first = today.replace(day=1)
    return Period((first - timedelta(days=1)).replace(day=1), first)
