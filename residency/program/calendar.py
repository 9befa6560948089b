"""Civil time of a program: periods of half-days, academic years and blocks, holidays and day types."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from residency.errors import InvalidInputError
from residency.program.vocabulary import DayType, Half

HALVES = (Half.AM, Half.PM)
HALF_DAY_STARTS_MINUTES = (7 * 60, 13 * 60)
"""Local start of AM and PM in minutes after midnight."""

_THURSDAY = 3
_BLOCK_DAYS = 28
_LAST_BLOCK = 13


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The half-open range of days ``[start, end)``, seen as a dense row of half-day blocks.

    Raises:
        InvalidInputError: if ``end`` lies before ``start``.
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise InvalidInputError(
                "end", self.end.isoformat(), f"a date not before {self.start.isoformat()}"
            )

    @classmethod
    def horizon(cls, today: date, days: int) -> "Period":
        """The days ``[today, today + days)``."""
        return cls(today, today + timedelta(days=days))

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days

    @property
    def blocks(self) -> int:
        """Number of half-day blocks: two a day, weekends included."""
        return 2 * self.days

    def day(self, block: int) -> date:
        """The date of a block index."""
        return self.start + timedelta(days=block // 2)

    def half(self, block: int) -> Half:
        """The half of a block index."""
        return HALVES[block % 2]

    def label(self, block: int) -> str:
        """How people name a block: ``Tue 3 Mar AM``."""
        return half_day_label(self.day(block), self.half(block))

    def __contains__(self, day: date) -> bool:
        """Whether the day lies in the period."""
        return self.start <= day < self.end


def half_day_label(day: date, half: Half) -> str:
    """How people name a half-day: ``Tue 3 Mar AM``."""
    return f"{day:%a} {day.day} {day:%b} {half}"


def academic_year(day: date) -> int:
    """The academic year of a day: 1 July to 30 June, named by its starting calendar year."""
    return day.year if day.month >= 7 else day.year - 1


def academic_year_period(year: int) -> Period:
    """The days of an academic year."""
    return Period(date(year, 7, 1), date(year + 1, 7, 1))


def academic_block(day: date) -> int:
    """The academic block 0..13 of a day.

    Block 0 runs from 1 July to the day before the first Thursday (0-6 days), blocks 1-12 are 28 days from
    Thursday to Wednesday, and block 13 is what remains until 30 June.
    """
    first = date(academic_year(day), 7, 1)
    first_thursday = first + timedelta(days=(_THURSDAY - first.weekday()) % 7)
    if day < first_thursday:
        return 0
    return min(_LAST_BLOCK, 1 + (day - first_thursday).days // _BLOCK_DAYS)


def is_weekend(day: date) -> bool:
    """Saturday or Sunday."""
    return day.weekday() >= 5


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """What kind of day a date is; ``actual_date`` is the true date of an observed holiday."""

    day: date
    day_type: DayType = DayType.NORMAL
    holiday_name: str = ""
    actual_date: date | None = None

    @property
    def is_holiday(self) -> bool:
        """Whether the day bears a holiday."""
        return self.day_type is DayType.FEDERAL_HOLIDAY


_OBSERVED_SUFFIX = " (observed)"


@lru_cache(maxsize=16)
def _country_holidays(country: str, year: int) -> Mapping[date, str]:
    import holidays  # loading its tables costs more than most runs need

    try:
        return dict(holidays.country_holidays(country, years=[year]).items())
    except NotImplementedError as error:
        raise InvalidInputError(
            "holidays", country, "an ISO 3166 country code such as US, or nothing for no holidays"
        ) from error


def holiday_days(country: str, period: Period) -> dict[date, CalendarDay]:
    """The federal holidays inside a period, observed dates included.

    Args:
        country: ISO 3166 code known to the ``holidays`` library, or "" for no holidays.
        period: the days wanted.

    Raises:
        InvalidInputError: if the country is unknown.
    """
    found: dict[date, CalendarDay] = {}
    if not country or not period.days:
        return found
    # 1 January may be observed on the last day of the year before.
    years = range(period.start.year, period.end.year + 2)
    named = {day: name for year in years for day, name in _country_holidays(country, year).items()}
    for day, name in sorted(named.items()):
        if day in period:
            holiday = name.removesuffix(_OBSERVED_SUFFIX)
            actual = None if holiday == name else _actual_date(named, holiday, day)
            found[day] = CalendarDay(day, DayType.FEDERAL_HOLIDAY, holiday, actual)
    return found


def _actual_date(named: Mapping[date, str], holiday: str, observed: date) -> date | None:
    """The date nearest to the observed one that bears the holiday itself."""
    actual = (day for day, name in named.items() if name == holiday)
    return min(actual, key=lambda day: abs(day - observed), default=None)
