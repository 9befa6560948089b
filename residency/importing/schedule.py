"""Who is where and when in a bundle: assignments, call, absences and logged duty."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from residency.importing.parsing import ParsedColumn, ParsedSheet
from residency.importing.references import Keys, report_repeats
from residency.importing.sheets import AbsenceLine, AssignmentLine, CallLine, DutyLogLine
from residency.program.calendar import HALVES
from residency.program.records import ROLE_CODES, SOURCE_CODES, Absence, Assignments, CallShift, DutyLog
from residency.program.vocabulary import AssignmentSource, CallKind, Half

LOCKED_SOURCES = frozenset({AssignmentSource.PRELOAD, AssignmentSource.MANUAL})
"""What somebody has laid down, so that a solver leaves it alone."""

_IN_HOUSE_KINDS = frozenset({CallKind.OVERNIGHT, CallKind.WEEKEND})
_UNKNOWN_DAY = np.datetime64("1970-01-01", "D")


def read_assignments(sheet: ParsedSheet[AssignmentLine], people: Keys, services: Keys) -> Assignments:
    """The assignments as columns, after every check; a wrong row's codes mean nothing."""
    person = people.check(sheet, "person")
    service = services.check(sheet, "service")
    days = _decoded(
        sheet.columns["day"],
        lambda value: _UNKNOWN_DAY if value is None else np.datetime64(value, "D"),
        "datetime64[D]",
    )
    half = _decoded(sheet.columns["half"], lambda value: HALVES.index(value) if value else 0, np.int8)
    role = _decoded(sheet.columns["role"], lambda value: ROLE_CODES.get(value, 0), np.int8)
    source = _decoded(sheet.columns["source"], lambda value: SOURCE_CODES.get(value, 0), np.int8)
    given = _decoded(sheet.columns["locked"], lambda value: -1 if value is None else int(value), np.int8)
    by_source = np.array([source in LOCKED_SOURCES for source in AssignmentSource], np.bool_)[source]
    rows = Assignments(
        person=person,
        service=service,
        day=days,
        half=half,
        role=role,
        source=source,
        locked=np.where(given < 0, by_source, given == 1),
    )
    _check_one_place(sheet, rows)
    return rows


def _decoded(column: ParsedColumn, code: Callable[[Any], object], dtype: Any) -> NDArray[Any]:  # noqa: ANN401 - dtypes are untyped
    distinct = np.array([code(value) for value in column.values], dtype)
    return distinct[column.codes] if len(distinct) else np.zeros(0, dtype)


def _check_one_place(sheet: ParsedSheet[AssignmentLine], rows: Assignments) -> None:
    """A person is in one place in a half-day; every further row is reported with the first one's number."""
    judged = np.flatnonzero(sheet.good & (rows.person >= 0))
    block = 2 * rows.day.astype(np.int64) + rows.half
    order = judged[np.lexsort((judged, block[judged], rows.person[judged]))]
    person, block = rows.person[order], block[order]
    repeats = np.zeros(len(order), np.bool_)
    repeats[1:] = (person[1:] == person[:-1]) & (block[1:] == block[:-1])
    if repeats.any():
        first = order[np.maximum.accumulate(np.where(repeats, 0, np.arange(len(order))))]
        for index, leader in zip(order[repeats].tolist(), first[repeats].tolist(), strict=True):
            expected = f"one assignment a person and half-day; row {sheet.rows[leader]} is one"
            sheet.report(index, "person", expected)


def read_call(sheet: ParsedSheet[CallLine], people: Keys) -> list[CallShift]:
    """The call shifts, after every check."""
    people.check(sheet, "person")
    lines = list(sheet.lines())
    report_repeats(
        sheet,
        "person",
        ((index, (line.person, line.start, line.end, line.kind)) for index, line in lines),
        lambda row: f"each shift once; row {row} is the same",
    )
    shifts: list[CallShift] = []
    for index, line in lines:
        if line.end <= line.start:
            sheet.report(index, "end", "a time after the start")
        in_house = line.kind in _IN_HOUSE_KINDS if line.in_house is None else line.in_house
        shifts.append(CallShift(line.person, line.start, line.end, line.kind, in_house))
    _check_one_house(sheet, [index for index, _ in lines], shifts)
    return shifts


def _check_one_house(sheet: ParsedSheet[CallLine], indices: list[int], shifts: list[CallShift]) -> None:
    """In-house call of one person never overlaps; touching shifts do not."""
    in_house = sorted(
        (shift.person, shift.start, shift.end, index)
        for index, shift in zip(indices, shifts, strict=True)
        if shift.in_house
    )
    last = in_house[0] if in_house else None
    for shift in in_house[1:]:
        person, start, end, index = shift
        if last is not None and person == last[0]:
            if start < last[2]:
                sheet.report(index, "start", f"no in-house call that overlaps with row {sheet.rows[last[3]]}")
            if end <= last[2]:
                continue
        last = shift


def read_absences(sheet: ParsedSheet[AbsenceLine], people: Keys) -> list[Absence]:
    """The absences, after every check."""
    people.check(sheet, "person")
    absences: list[Absence] = []
    for index, line in sheet.lines():
        if line.end_date < line.start_date:
            sheet.report(index, "end_date", f"a date not before the start {line.start_date}")
        elif line.end_date == line.start_date and (line.start_half, line.end_half) == (Half.PM, Half.AM):
            sheet.report(index, "end_half", "PM, because it begins in the afternoon of that day")
        absences.append(
            Absence(
                person=line.person,
                start_date=line.start_date,
                end_date=line.end_date,
                type=line.type,
                status=line.status,
                start_half=line.start_half,
                end_half=line.end_half,
            )
        )
    report_repeats(
        sheet,
        "person",
        (
            (index, (row.person, row.start_date, row.start_half, row.end_date, row.end_half, row.type))
            for index, row in sheet.lines()
        ),
        lambda row: f"each absence once; row {row} is the same",
    )
    return absences


def read_duty_logs(sheet: ParsedSheet[DutyLogLine], people: Keys) -> list[DutyLog]:
    """The logged duty, after every check; overlaps are allowed."""
    people.check(sheet, "person")
    logs: list[DutyLog] = []
    for index, line in sheet.lines():
        if line.end <= line.start:
            sheet.report(index, "end", "a time after the start")
        logs.append(
            DutyLog(
                person=line.person,
                start=line.start,
                end=line.end,
                activity_class=line.activity_class,
                setting=line.setting,
                call_kind=line.call_kind,
                moonlighting=line.moonlighting,
                new_patient=line.new_patient,
                voluntary_stay=line.voluntary_stay,
                reason=line.reason,
            )
        )
    report_repeats(
        sheet,
        "person",
        ((index, (row.person, row.start, row.end, row.activity_class)) for index, row in sheet.lines()),
        lambda row: f"each interval once; row {row} is the same",
    )
    return logs
