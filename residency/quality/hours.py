"""Planned hours of people over a period: in all, at night, on weekends and on holidays."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from residency.acgme.kinds import COUNTED, KINDS
from residency.acgme.program_duty import NIGHT_BEGINS
from residency.acgme.record import Duties
from residency.acgme.spans import Spans
from residency.acgme.timeline import day_number, local_instants
from residency.program.calendar import Period, is_weekend
from residency.quality.results import Load

NIGHT_ENDS = time(7)
"""By the clock on the wall; a night begins at 19:00."""

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
        held = {"hours": self.hours, "night": self.night, "weekend": self.weekend, "holiday": self.holiday}
        return held[load]


def planned_hours(
    duties: Duties, people: int, period: Period, timezone: str, holidays: Iterable[date]
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
    first, last = day_number(period.start), day_number(period.end)
    midnights = local_instants(zone, first, last + 1, time())
    begin, end = int(midnights[0]), int(midnights[-1])
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

    def on(chosen: Callable[[date], bool]) -> NDArray[np.float64]:
        days = [day for day in range(period.days) if chosen(period.day(2 * day))]
        return total(Spans.merged(midnights[:-1][days], midnights[1:][days]).within(start, stop))

    nights = Spans.merged(
        local_instants(zone, first - 1, last, NIGHT_BEGINS), local_instants(zone, first, last + 1, NIGHT_ENDS)
    )
    return Hours(
        hours=total(work.length),
        night=total(nights.within(start, stop)),
        weekend=on(is_weekend),
        holiday=on(frozenset(holidays).__contains__),
    )
