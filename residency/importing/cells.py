"""The types a bundle's cell can have: how its text is understood, and in words what would be right."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, EmailStr, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from residency.program.vocabulary import CoverageRole

FIRST_DAY = date(1970, 1, 1)
LAST_DAY = date(2100, 12, 31)
LIST_SEPARATOR = ";"
MAXIMUM_COUNT = 999

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CLOCK = re.compile(r"\d{2}:\d{2}(:\d{2})?")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?")
_WHOLE = re.compile(r"\d{1,9}")
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a right value of a cell looks like: the end of a sentence that begins with "expected"."""

    text: str


@dataclass(frozen=True, slots=True)
class ReadingContext:
    """What the understanding of a cell depends on besides its text; without a zone no time may be local."""

    zone: ZoneInfo | None


def _wrong(expected: str) -> PydanticCustomError:
    """An error whose words replace the cell type's own."""
    return PydanticCustomError("cell", "{expected}", {"expected": expected})


def _text(value: str) -> str:
    if _UNPRINTABLE.search(value):
        raise _wrong("text without control characters")
    return value


def _one_line(value: str) -> str:
    if "\n" in _text(value):
        raise _wrong("text on one line")
    return value


def _abbreviation(value: str) -> str:
    if len(_one_line(value)) > 10:
        raise _wrong("at most 10 characters")
    return value


def _words(value: str) -> tuple[str, ...]:
    items = (item.strip() for item in _text(value).split(LIST_SEPARATOR))
    return tuple(sorted({item for item in items if item}))


def _flag(value: str) -> bool:
    if value.lower() not in _FLAGS:
        raise ValueError(value)
    return _FLAGS[value.lower()]


def _whole(value: str) -> str:
    if not _WHOLE.fullmatch(value):
        raise ValueError(value)
    return value


def _number(value: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise ValueError(value)
    return value


def _decimals(places: int) -> AfterValidator:
    def check(value: float) -> float:
        if round(value, places) != value:
            raise _wrong(f"at most {places} decimals")
        return value

    return AfterValidator(check)


def _weekday(value: str) -> int:
    text = value.lower()
    for number, name in enumerate(_WEEKDAYS):
        if text in {str(number), name, name[:3]}:
            return number
    raise ValueError(value)


def _day(value: str) -> date:
    if not _DAY.fullmatch(value):
        raise ValueError(value)
    day = date.fromisoformat(value)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise _wrong(f"a date from {FIRST_DAY} to {LAST_DAY}")
    return day


def _clock(value: str) -> time:
    if not _CLOCK.fullmatch(value):
        raise ValueError(value)
    return time.fromisoformat(value)


def _instant(value: str, info: ValidationInfo) -> datetime:
    if not _INSTANT.fullmatch(value):
        raise ValueError(value)
    instant = datetime.fromisoformat(value)
    if not FIRST_DAY <= instant.date() <= LAST_DAY:
        raise _wrong(f"a date from {FIRST_DAY} to {LAST_DAY}")
    if instant.tzinfo is not None:
        return instant.astimezone(UTC)
    context = info.context
    if not isinstance(context, ReadingContext):
        raise TypeError("a local time needs a ReadingContext to be understood")
    if context.zone is None:
        raise _wrong(f"a time with its offset from UTC, such as {value}Z, or a time zone for all local times")
    return resolve_local(instant, context.zone)


def resolve_local(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant that a clock on the wall shows, in UTC.

    Raises:
        PydanticCustomError: if the clocks skip that time or show it twice, with the way out.
    """
    earlier, later = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    if earlier.utcoffset() == later.utcoffset():
        return earlier.astimezone(UTC)
    if earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) != local:
        raise _wrong(f"a time that exists: in {zone.key} the clocks skip this one")
    raise _wrong(
        f"{earlier.isoformat(timespec='minutes')} or {later.isoformat(timespec='minutes')}: "
        f"in {zone.key} the clocks show this time twice"
    )


def _demanded(role: CoverageRole) -> CoverageRole:
    if role is CoverageRole.BACKUP:
        raise _wrong("primary or supervising")
    return role


Identifier = Annotated[str, AfterValidator(_one_line), Expected("text on one line")]
Abbreviation = Annotated[
    str, AfterValidator(_abbreviation), Expected("text on one line, at most 10 characters")
]
Text = Annotated[str, AfterValidator(_text), Expected("text")]
Words = Annotated[tuple[str, ...], BeforeValidator(_words), Expected("texts separated by ;")]
Email = Annotated[EmailStr, Expected("an e-mail address such as name@example.org")]
Flag = Annotated[bool, BeforeValidator(_flag), Expected("true or false")]
Share = Annotated[
    float,
    Field(ge=0, le=1),
    BeforeValidator(_number),
    _decimals(4),
    Expected("a number from 0 to 1 with at most 4 decimals"),
]
Hours = Annotated[
    float,
    Field(ge=0, le=24),
    BeforeValidator(_number),
    _decimals(2),
    Expected("a number of hours from 0 to 24 with at most 2 decimals"),
]
WeeklyLimit = Annotated[
    float,
    Field(gt=80, le=88),
    BeforeValidator(_number),
    _decimals(2),
    Expected("a number of hours above 80 and at most 88, with at most 2 decimals"),
]
Pgy = Annotated[int, Field(ge=1, le=8), BeforeValidator(_whole), Expected("a whole number from 1 to 8")]
LoadCategory = Annotated[
    int, Field(ge=1, le=7), BeforeValidator(_whole), Expected("a whole number from 1 to 7")
]
Count = Annotated[
    int,
    Field(ge=0, le=MAXIMUM_COUNT),
    BeforeValidator(_whole),
    Expected(f"a whole number from 0 to {MAXIMUM_COUNT}"),
]
AcademicYear = Annotated[
    int,
    Field(ge=FIRST_DAY.year, le=LAST_DAY.year),
    BeforeValidator(_whole),
    Expected("the calendar year in which the academic year begins, such as 2026"),
]
Weekday = Annotated[
    int, BeforeValidator(_weekday), Expected("0 (Monday) to 6 (Sunday), or a weekday's English name")
]
Day = Annotated[date, BeforeValidator(_day), Expected("a date such as 2026-07-01")]
Clock = Annotated[time, BeforeValidator(_clock), Expected("a time of day such as 07:00")]
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    Expected("a time such as 2026-07-03T19:00-10:00, or without the offset in the site's time zone"),
]
DemandedRole = Annotated[CoverageRole, AfterValidator(_demanded), Expected("primary or supervising")]
