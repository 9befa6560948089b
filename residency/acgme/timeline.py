"""One axis of minutes on which every person has an own stretch, and the site's days on it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from residency.program.calendar import academic_year

EPOCH = date(1970, 1, 1)
_EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday."""

MINUTES_A_DAY = 24 * 60
_NOON = time(12)


def day_number(day: date) -> int:
    """Days from 1970-01-01 to a date."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=number)


def monday(number: NDArray[np.int64]) -> NDArray[np.int64]:
    """The day number of the Monday on or before each day."""
    return number - (number + _EPOCH_WEEKDAY) % 7


def month_start(day: date) -> date:
    """The first of the following month."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


@lru_cache(maxsize=64)
def local_instants(zone: ZoneInfo, first: int, last: int, clock: time) -> NDArray[np.int64]:
    """A local time of the days ``[first, last)`` in minutes since 1970 UTC."""
    instants = (datetime.combine(day_of(day), clock, zone) for day in range(first, last))
    found = np.array([int(instant.timestamp()) // 60 for instant in instants], np.int64)
    found.flags.writeable = False
    return found


@dataclass(frozen=True)
class Timeline:
    """The days ``[first_day, last_day)`` of a time zone, which begin and end on Mondays.

    A person's minute stands on the axis at ``person x width + minute - origin``; people's stretches are
    apart, so that nothing of one person ever touches another's.
    """

    zone: ZoneInfo
    first_day: int
    last_day: int

    @classmethod
    def around(cls, timezone: str, first_day: int, last_day: int) -> "Timeline":
        """The whole weeks around some days, and a week more on each side."""
        first, last = monday(np.array([first_day, last_day + 6], np.int64)).tolist()
        return cls(ZoneInfo(timezone), first - 7, last + 7)

    @property
    def days(self) -> int:
        """D, the number of days."""
        return self.last_day - self.first_day

    @cached_property
    def midnights(self) -> NDArray[np.int64]:
        """The beginning of each day and of the day after the last, minutes since 1970 UTC; shape (D + 1,)."""
        return local_instants(self.zone, self.first_day, self.last_day + 1, time())

    @cached_property
    def half_days(self) -> NDArray[np.int64]:
        """Midnight and noon of each day, and the last midnight, minutes since 1970 UTC; shape (2 D + 1,)."""
        halves = np.empty(2 * self.days + 1, np.int64)
        halves[0::2] = self.midnights
        halves[1::2] = local_instants(self.zone, self.first_day, self.last_day, _NOON)
        return halves

    @cached_property
    def academic_years(self) -> NDArray[np.int64]:
        """The academic year of each day; shape (D,)."""
        return np.array(
            [academic_year(day_of(day)) for day in range(self.first_day, self.last_day)], np.int64
        )

    @cached_property
    def width(self) -> int:
        """Minutes of one person's stretch of the axis."""
        return int(self.midnights[-1] - self.midnights[0]) + 2

    def axis(self, person: NDArray[np.integer], minute: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where people's minutes stand on the axis; minutes outside the timeline go to its ends."""
        inside = np.clip(minute, self.midnights[0], self.midnights[-1]) - self.midnights[0]
        return person.astype(np.int64) * self.width + inside

    def person(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Whose stretch each place of the axis is in."""
        return at // self.width

    def minute(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """The minute since 1970 UTC at each place of the axis."""
        return at % self.width + self.midnights[0]

    def day(self, minute: NDArray[np.int64]) -> NDArray[np.int64]:
        """The local day number of each minute since 1970 UTC."""
        return np.searchsorted(self.midnights, minute, side="right") - 1 + self.first_day

    def midnight(self, day: NDArray[np.int64]) -> NDArray[np.int64]:
        """The beginning of each day, minutes since 1970 UTC; days outside the timeline go to its ends."""
        return self.midnights[np.clip(day, self.first_day, self.last_day) - self.first_day]

    def nights(self, first: NDArray[np.int64], last: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        """Which midnights at the end of days lie in intervals of minutes ``[first, last)``.

        Returns:
            The first and the last (exclusive) day number whose ending midnight lies in each interval.
        """
        begin = np.searchsorted(self.midnights, first, side="left")
        end = np.searchsorted(self.midnights, last, side="left")
        return begin - 1 + self.first_day, end - 1 + self.first_day

    def local(self, minute: int) -> str:
        """A minute since 1970 UTC as ISO local time with its offset."""
        return self._words(minute)[0]

    def clock(self, minute: int) -> str:
        """A minute since 1970 UTC as people write it: ``Tue 3 Mar 2026 07:00``."""
        return self._words(minute)[1]

    def _words(self, minute: int) -> tuple[str, str]:
        """Both ways to write a minute; duty begins and ends for many people at the same ones."""
        known = self._written.get(minute)
        if known is None:
            local = datetime.fromtimestamp(minute * 60, UTC).astimezone(self.zone)
            known = local.isoformat(), f"{local:%a} {local.day} {local:%b %Y %H:%M}"
            self._written[minute] = known
        return known

    @cached_property
    def _written(self) -> dict[int, tuple[str, str]]:
        return {}
