"""Reading a duty log or roster from CSV files into the record that the duty-hours engine judges."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from numpy.typing import NDArray

from residency.acgme.kinds import KIND_CODES
from residency.acgme.record import AveragingPeriod, Duties, DutyRecord, HoursException, Leave
from residency.acgme.timeline import day_number
from residency.errors import InvalidInputError, Problem
from residency.importing.cells import ReadingContext
from residency.importing.duty_lines import (
    DutyFileLine,
    ExceptionFileLine,
    LeaveFileLine,
    PeriodFileLine,
    PersonFileLine,
)
from residency.importing.parsing import ParsedSheet, empty_sheet, parse_sheet
from residency.importing.problems import ProblemLog
from residency.importing.references import Keys, check_unique
from residency.importing.sheets import SheetRow
from residency.importing.tables import read_csv
from residency.program.calendar import academic_year

LONGEST_ENTRY = timedelta(days=31)
LONGEST_SPAN_YEARS = 50
_LONGEST_SPAN = timedelta(days=366 * LONGEST_SPAN_YEARS)
_MINUTE = timedelta(minutes=1)

Row = TypeVar("Row", bound=SheetRow)
Days = TypeVar("Days", bound=LeaveFileLine)


@dataclass(frozen=True, slots=True)
class DutyFiles:
    """The files of one log or roster; only duties must be given."""

    duties: Path
    people: Path | None = None
    leave: Path | None = None
    periods: Path | None = None
    exceptions: Path | None = None


@dataclass(frozen=True, slots=True)
class ReadDuties:
    """What files say: the record to judge, and how many rows said again what another had said."""

    record: DutyRecord
    repeated_rows: int


@dataclass(frozen=True, slots=True)
class _Sheets:
    duties: ParsedSheet[DutyFileLine]
    people: ParsedSheet[PersonFileLine]
    leave: ParsedSheet[LeaveFileLine]
    periods: ParsedSheet[PeriodFileLine]
    exceptions: ParsedSheet[ExceptionFileLine]


def read_duty_files(files: DutyFiles, timezone: str | None = None) -> ReadDuties:
    """Read a log or roster.

    Args:
        files: the CSV files.
        timezone: IANA name of the zone whose days count and in which local times are meant. Without it every
            time must carry its offset, and days are those of UTC.

    Raises:
        InvalidInputError: if the time zone is unknown or a file cannot be read.
        InvalidBundleError: listing everything that is wrong with the files.
    """
    if timezone is not None and timezone not in available_timezones():
        raise InvalidInputError("timezone", timezone, "an IANA time zone such as Europe/London")
    log = ProblemLog()
    context = ReadingContext(None if timezone is None else ZoneInfo(timezone))
    sheets = _Sheets(
        _sheet(files.duties, DutyFileLine, 1, context, log),
        _sheet(files.people, PersonFileLine, 2, context, log),
        _sheet(files.leave, LeaveFileLine, 3, context, log),
        _sheet(files.periods, PeriodFileLine, 4, context, log),
        _sheet(files.exceptions, ExceptionFileLine, 5, context, log),
    )
    read = _record(sheets, timezone or "UTC", listed=files.people is not None)
    if not read.record.people:
        log.add(Problem(sheets.duties.place, "", "has no rows", "at least one entry of duty"))
    log.raise_if_any(str(files.duties))
    return read


def _sheet(
    file: Path | None, model: type[Row], position: int, context: ReadingContext, log: ProblemLog
) -> ParsedSheet[Row]:
    if file is None:
        return empty_sheet(model, position, "", log)
    table = read_csv(file, log)
    return (
        empty_sheet(model, position, file.name, log)
        if table is None
        else parse_sheet(table, model, position, context, log)
    )


def _record(sheets: _Sheets, timezone: str, *, listed: bool) -> ReadDuties:
    """The record behind the sheets; what is wrong with them goes into their log."""
    roll = sheets.people if listed else sheets.duties
    if listed:
        check_unique(sheets.people, "person")
    keys = Keys.of(roll, "person")
    names = sorted(keys.position)
    number = np.full(len(names) + 1, -1, np.int32)
    number[[keys.position[name] for name in names]] = np.arange(len(names))
    duties = _duties(sheets.duties, number[keys.check(sheets.duties, "person")])
    first, last = _extent(sheets)
    levels = _levels(sheets.people, {name: at for at, name in enumerate(names)})
    repeated = len(duties)
    duties = _distinct(duties)
    return ReadDuties(
        DutyRecord(
            timezone=timezone,
            people=tuple(names),
            duties=duties,
            pgy={
                (person, year): level
                for person, level in levels.items()
                for year in range(academic_year(first) - 1, academic_year(last) + 2)
            },
            leave=_leave(sheets.leave, number[keys.check(sheets.leave, "person")]),
            periods=_periods(sheets.periods, number[keys.check(sheets.periods, "person")]),
            exceptions=_exceptions(sheets.exceptions, number[keys.check(sheets.exceptions, "person")]),
        ),
        repeated - len(duties),
    )


def _duties(sheet: ParsedSheet[DutyFileLine], person: NDArray[np.int32]) -> Duties:
    """Every well-understood row whose end lies after its start; the others are reported."""
    start, end = (_minutes(sheet, field) for field in ("start", "end"))
    usable = sheet.good & (person >= 0)
    backward = sheet.good & (end <= start)
    for index in np.flatnonzero(backward).tolist():
        sheet.report(index, "end", "a time after the start")
    long = sheet.good & (end - start > LONGEST_ENTRY // _MINUTE)
    for index in np.flatnonzero(long).tolist():
        sheet.report(index, "end", f"a time at most {LONGEST_ENTRY.days} days after the start")
    kind = np.array([KIND_CODES[value] if good else 0 for value, good in _values(sheet, "kind")], np.int8)
    new_patient = np.array([good and bool(value) for value, good in _values(sheet, "new_patient")], np.bool_)
    codes = sheet.columns
    usable &= ~backward & ~long
    return Duties(
        person=person[usable],
        start=start[usable],
        end=end[usable],
        kind=kind[codes["kind"].codes][usable],
        new_patient=new_patient[codes["new_patient"].codes][usable],
    )


def _values(sheet: ParsedSheet[Any], field: str) -> Iterator[tuple[Any, bool]]:
    """The distinct values of a column, and whether each could be understood."""
    column = sheet.columns[field]
    return zip(column.values, column.good.tolist(), strict=True)


def _minutes(sheet: ParsedSheet[DutyFileLine], field: str) -> NDArray[np.int64]:
    """The whole minutes since 1970 UTC of a column of times; shape (rows,). Seconds are reported."""
    column = sheet.columns[field]
    seconds = np.array(
        [_seconds(value) if good else 0 for value, good in _values(sheet, field)], np.int64
    ).reshape(-1)
    for index in np.flatnonzero((seconds % 60 != 0)[column.codes]).tolist():
        sheet.report(index, field, "a time in whole minutes")
    return (seconds // 60)[column.codes]


def _seconds(instant: datetime) -> int:
    whole = int(instant.astimezone(UTC).timestamp())
    return whole if not instant.microsecond else whole // 60 * 60 + 1


def _distinct(duties: Duties) -> Duties:
    """The duties without rows that say again what another has said."""
    if not len(duties):
        return duties
    rows = np.column_stack((duties.person, duties.start, duties.end, duties.kind, duties.new_patient))
    order = np.lexsort(rows.T[::-1])
    new = np.concatenate(([True], np.any(rows[order][1:] != rows[order][:-1], axis=1)))
    return duties.take(order[new])


def _extent(sheets: _Sheets) -> tuple[date, date]:
    """The first and the last day that duty and periods speak of; too many years between them are reported."""
    days: list[tuple[date, ParsedSheet[Any], int, str]] = []
    for sheet in (sheets.duties, sheets.periods, sheets.leave):
        for field in ("start", "end"):
            for index, value in _edges(sheet, field):
                days.append((value, sheet, index, field))
    if not days:
        return date(1970, 1, 1), date(1970, 1, 1)
    first, last = min(days, key=lambda each: each[0]), max(days, key=lambda each: each[0])
    if last[0] - first[0] > _LONGEST_SPAN:
        _, sheet, index, field = last
        sheet.report(
            index,
            field,
            f"a date at most {LONGEST_SPAN_YEARS} years after the earliest one, {first[0].isoformat()}",
        )
    return first[0], last[0]


def _edges(sheet: ParsedSheet[Any], field: str) -> Iterator[tuple[int, date]]:
    """The first row with the earliest and the first with the latest understood date of a column."""
    column = sheet.columns[field]
    known = [
        (value.date() if isinstance(value, datetime) else value, code)
        for code, (value, good) in enumerate(_values(sheet, field))
        if good
    ]
    for chosen in (min(known, default=None), max(known, default=None)):
        if chosen is not None:
            yield int(np.flatnonzero(column.codes == chosen[1])[0]), chosen[0]


def _levels(sheet: ParsedSheet[PersonFileLine], number: dict[str, int]) -> dict[int, int]:
    return {number[line.person]: line.pgy for _, line in sheet.lines() if line.pgy is not None}


def _leave(sheet: ParsedSheet[LeaveFileLine], person: NDArray[np.int32]) -> Leave:
    rows = [(at, 2 * day_number(line.start), 2 * day_number(line.end)) for at, line in _ranges(sheet, person)]
    columns = np.array(rows, np.int64).reshape(-1, 3)
    return Leave(columns[:, 0].astype(np.int32), columns[:, 1], columns[:, 2])


def _periods(sheet: ParsedSheet[PeriodFileLine], person: NDArray[np.int32]) -> tuple[AveragingPeriod, ...]:
    found = [
        (AveragingPeriod(at, line.start, line.end, line.kind), index)
        for index, at, line in _ranges_with_rows(sheet, person)
    ]
    found.sort(key=lambda each: (each[0].person, each[0].start))
    distinct = list(dict(found).items())
    for (former, row), (period, index) in pairwise(distinct):
        if period.person == former.person and period.start < former.end:
            at = int(sheet.rows[row])
            sheet.report(index, "start", f"a period that does not overlap with the person's own in row {at}")
    return tuple(period for period, _ in distinct)


def _exceptions(
    sheet: ParsedSheet[ExceptionFileLine], person: NDArray[np.int32]
) -> tuple[HoursException, ...]:
    return tuple(
        HoursException(at, line.start, line.end, line.limit, f"of row {sheet.rows[index]}")
        for index, at, line in _ranges_with_rows(sheet, person)
    )


def _ranges(sheet: ParsedSheet[Days], person: NDArray[np.int32]) -> Iterator[tuple[int, Days]]:
    for _, at, line in _ranges_with_rows(sheet, person):
        yield at, line


def _ranges_with_rows(sheet: ParsedSheet[Days], person: NDArray[np.int32]) -> Iterator[tuple[int, int, Days]]:
    """Rows of known people whose end lies after the start, each with its index; the others are reported."""
    for index, line in sheet.lines():
        if line.end <= line.start:
            sheet.report(index, "end", "a date after the start, for the end is not included")
        elif person[index] >= 0:
            yield index, int(person[index]), line
