"""A program as the rows of a bundle's sheets: what the reader understands, said the other way round."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from residency.errors import InvalidInputError
from residency.importing.cells import LIST_SEPARATOR
from residency.importing.sheets import (
    AbsenceLine,
    AcademicYearLine,
    AssignmentLine,
    CalendarLine,
    CallLine,
    CoverageLine,
    DutyLogLine,
    HoursApprovalLine,
    PersonLine,
    RotationLine,
    ServiceLine,
    SheetRow,
    UserLine,
    columns,
)
from residency.program.calendar import HALVES
from residency.program.extent import first_academic_year
from residency.program.records import ROLES, SOURCES, PgyLevel, Program


def sheet_columns(program: Program, row: type[SheetRow]) -> list[Sequence[str]]:
    """The cells of one sheet as text, column by column in the order of the row model.

    Args:
        program: a canonical program.
        row: the sheet's row model.

    Raises:
        InvalidInputError: if a list's item holds the character that separates items.
    """
    if row is AssignmentLine:
        return _assignment_columns(program)
    zone = ZoneInfo(program.timezone)
    records = (
        _people(program)
        if row is PersonLine
        else [row.model_construct(**asdict(record)) for record in _RECORDS[row](program)]
    )
    return [
        [_text(getattr(record, name), zone, name) for record in records] for name in columns(row).values()
    ]


def _text(value: Any, zone: ZoneInfo, name: str) -> str:  # noqa: ANN401 - whatever a cell can hold
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value).removesuffix(".0")
        case datetime():
            whole = value.second == 0 and value.microsecond == 0
            return value.astimezone(zone).isoformat(timespec="minutes" if whole else "auto")
        case time():
            return value.isoformat(timespec="minutes" if value.second == 0 else "seconds")
        case date():
            return value.isoformat()
        case tuple():
            return _joined(cast("tuple[str, ...]", value), name)
        case _:
            return str(value)


def _joined(items: tuple[str, ...], name: str) -> str:
    for item in items:
        if LIST_SEPARATOR in item or item != item.strip() or not item:
            raise InvalidInputError(
                name, item, f"a text without {LIST_SEPARATOR} and without blanks around it"
            )
    return LIST_SEPARATOR.join(items)


def _people(program: Program) -> list[SheetRow]:
    year = first_academic_year(program)
    pgy = {level.person: level.pgy for level in program.pgy_levels if level.academic_year == year}
    return [PersonLine.model_construct(**asdict(row), pgy=pgy.get(row.id)) for row in program.people]


def _further_years(program: Program) -> list[PgyLevel]:
    year = first_academic_year(program)
    return [level for level in program.pgy_levels if level.academic_year != year]


_RECORDS: dict[type[SheetRow], Callable[[Program], Sequence[Any]]] = {
    AcademicYearLine: _further_years,
    ServiceLine: lambda program: program.services,
    CoverageLine: lambda program: program.coverage,
    CallLine: lambda program: program.call_shifts,
    RotationLine: lambda program: program.rotations,
    AbsenceLine: lambda program: program.absences,
    DutyLogLine: lambda program: program.duty_logs,
    HoursApprovalLine: lambda program: program.hours_approvals,
    CalendarLine: lambda program: program.calendar,
    UserLine: lambda program: program.users,
}
"""Where a sheet's rows come from when their fields bear the row model's names."""


def _assignment_columns(program: Program) -> list[Sequence[str]]:
    rows = program.assignments
    by_name: dict[str, Sequence[str]] = {
        "person": _spelled([person.id for person in program.people], rows.person),
        "service": _spelled([service.abbreviation for service in program.services], rows.service),
        "day": np.datetime_as_string(rows.day).tolist(),
        "half": _spelled(HALVES, rows.half),
        "role": _spelled(ROLES, rows.role),
        "source": _spelled(SOURCES, rows.source),
        "locked": _spelled(("false", "true"), rows.locked),
    }
    return [by_name[name] for name in columns(AssignmentLine).values()]


def _spelled(words: Sequence[str], codes: NDArray[Any]) -> list[str]:
    return [str(words[code]) for code in codes.tolist()]
