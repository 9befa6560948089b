"""Planned hours of people over a period: in all, at night, on weekends and on holidays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from residency.acgme.kinds import COUNTED, KINDS
from residency.acgme.record import Duties
from residency.acgme.spans import Spans
from residency.program.calendar import Period, is_weekend
from residency.quality.results import Load

NIGHT_FROM, NIGHT_TO = time(19), time(7)
"""Local clock between which an hour is one of the night."""

_MINUTES_AN_HOUR = 60
_COUNTED = np.array([kind in COUNTED for kind in KINDS], np.bool_)


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of P people inside a period; overlapping duty counts once; shapes (P,)."""

    hours: NDArray[np.float64]
    night: NDArray[np.float64]
    weekend: NDArray[np.float64]
    holiday: NDArray[np.float64]

    def of(self, load: Load) -> NDArray[np.float64]:
        """The hours of one load."""
        return {"hours": self.hours, "night": self.night, "weekend": self.weekend, "holiday": self.holiday}[
            load
        ]


def planned_hours(
    duties: Duties, people: int, period: Period, timezone: str, holidays: Sequence[date]
) -> Hours:
    """Hours that count, clipped to the period, so that those of neighbouring periods add up.

    Carrying the pager at home is no hour of work. Nights are 19:00-07:00 and days begin at midnight, local
    time; a night of a clock change has its true length.

    Args:
        duties: duty of ``people`` people, beginning before the period where a night reaches into it.
        people: P.
        period: the days wanted.
        timezone: the site's IANA time zone.
        holidays: days that are holidays.
    """
    zone = ZoneInfo(timezone)
    begin, end = (_minute(zone, day, time()) for day in (period.start, period.end))
    inside = _COUNTED[duties.kind] & (duties.end > begin) & (duties.start < end)
    person = duties.person[inside].astype(np.int64)
    # Everybody gets a stretch of their own on one axis, apart from the next one's.
    width = end - begin + 1
    work = Spans.merged(
        person * width + np.maximum(duties.start[inside], begin) - begin,
        person * width + np.minimum(duties.end[inside], end) - begin,
    )
    whose = work.start // width
    start = work.start - whose * width + begin
    stop = start + work.length

    def total(minutes: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.bincount(whose, minutes, people) / _MINUTES_AN_HOUR

    days = [period.start + timedelta(days=day) for day in range(-1, period.days)]
    night = [(_minute(zone, day, NIGHT_FROM), _minute(zone, _next(day), NIGHT_TO)) for day in days]
    return Hours(
        hours=total(work.length),
        night=total(_spans(night).within(start, stop)),
        weekend=total(_whole_days(zone, filter(is_weekend, days)).within(start, stop)),
        holiday=total(_whole_days(zone, sorted(set(holidays))).within(start, stop)),
    )


def _minute(zone: ZoneInfo, day: date, clock: time) -> int:
    """A local time as minutes since 1970 UTC."""
    return int(datetime.combine(day, clock, zone).astimezone(UTC).timestamp()) // 60


def _next(day: date) -> date:
    return day + timedelta(days=1)


def _whole_days(zone: ZoneInfo, days: Iterable[date]) -> Spans:
    return _spans([(_minute(zone, day, time()), _minute(zone, _next(day), time())) for day in days])


def _spans(pairs: Sequence[tuple[int, int]]) -> Spans:
    edges = np.array(pairs, np.int64).reshape(-1, 2)
    return Spans.merged(edges[:, 0], edges[:, 1])
