"""The rows of a duty log or roster given as files: duty, people, leave, averaging periods and exceptions."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

from residency.acgme.kinds import DutyKind
from residency.acgme.record import PeriodKind
from residency.importing.cells import Day, Expected, Flag, Identifier, Instant, Pgy
from residency.importing.sheets import SheetRow

_NUMBER = re.compile(r"\d{1,3}(\.\d{1,2})?")


def _number(value: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise ValueError(value)
    return value


WeeklyLimit = Annotated[
    float,
    Field(ge=80, le=88),
    BeforeValidator(_number),
    Expected("hours a week from 80 to 88 with at most 2 decimals"),
]


class DutyFileLine(SheetRow):
    """One stretch of duty of one person."""

    person: Identifier
    start: Instant
    end: Instant
    kind: DutyKind = DutyKind.DUTY
    new_patient: Flag = False


class PersonFileLine(SheetRow):
    """One person; without a post-graduate year it is not known."""

    person: Identifier
    pgy: Pgy | None = None


class LeaveFileLine(SheetRow):
    """Whole local days of leave, the last of them not included."""

    person: Identifier
    start: Day
    end: Day


class PeriodFileLine(LeaveFileLine):
    """Days that are averaged together, the last of them not included."""

    kind: PeriodKind = PeriodKind.FOUR_WEEK


class ExceptionFileLine(LeaveFileLine):
    """An approved limit of weekly hours on some days, the last of them not included."""

    limit: WeeklyLimit
