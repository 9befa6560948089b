"""Reading who worked how much: a CSV file with cohort, FTE, hours and eligible days of each person."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from residency.importing.cells import Expected, Identifier, ReadingContext
from residency.importing.parsing import ParsedSheet, parse_sheet
from residency.importing.problems import ProblemLog
from residency.importing.references import check_unique
from residency.importing.sheets import SheetRow
from residency.importing.tables import TextTable, read_csv

_NUMBER = re.compile(r"\d{1,9}(\.\d{1,20})?")


def _number(value: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise ValueError(value)
    return value


_Number = BeforeValidator(_number)
Fte = Annotated[float, Field(gt=0, le=1), _Number, Expected("a share of full time above 0 and at most 1")]
WorkedHours = Annotated[float, Field(ge=0), _Number, Expected("a number of hours, 0 or more")]
EligibleDays = Annotated[float, Field(ge=0), _Number, Expected("a number of days, 0 or more")]
PeriodDays = Annotated[float, Field(gt=0), _Number, Expected("a number of days above 0")]


class FairnessLine(SheetRow):
    """One person's share of the work of a period."""

    person: Identifier
    cohort: Identifier
    fte: Fte
    hours: WorkedHours
    eligible_days: EligibleDays
    period_days: PeriodDays


@dataclass(frozen=True, slots=True)
class WorkShares:
    """Who worked how much, N people in the file's order.

    ``weight`` is FTE x eligible / period days, 0 for people who were never available; shapes (N,).
    """

    people: tuple[str, ...]
    cohorts: tuple[str, ...]
    hours: NDArray[np.float64]
    weight: NDArray[np.float64]


def read_work_shares(path: Path) -> WorkShares:
    """Read a file with the columns ``person,cohort,fte,hours,eligible_days,period_days``.

    Raises:
        InvalidInputError: if there is no such file.
        InvalidBundleError: listing everything that is wrong with it, row by row.
    """
    log = ProblemLog()
    table = read_csv(path, log)
    log.raise_if_any(str(path))
    readable = cast("TextTable", table)  # what could not be read was a problem
    sheet = parse_sheet(readable, FairnessLine, 1, ReadingContext(ZoneInfo("UTC")), log)
    check_unique(sheet, "person")
    shares = _shares(sheet)
    log.raise_if_any(str(path))
    return shares


def _shares(sheet: ParsedSheet[FairnessLine]) -> WorkShares:
    lines: list[FairnessLine] = []
    for index, line in sheet.lines():
        if line.eligible_days > line.period_days:
            days = f"{line.period_days:g}"
            sheet.report(index, "eligible_days", f"at most the {days} days of the period")
        lines.append(line)
    return WorkShares(
        people=tuple(line.person for line in lines),
        cohorts=tuple(line.cohort for line in lines),
        hours=np.array([line.hours for line in lines]),
        weight=np.array([line.fte * line.eligible_days / line.period_days for line in lines]),
    )
