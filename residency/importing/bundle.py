"""Reading a program from a folder of CSV files or one workbook, refused whole if anything is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from residency.errors import InvalidInputError, Problem
from residency.importing.averaging import read_hours_approvals, read_rotations
from residency.importing.cells import ReadingContext
from residency.importing.demand import read_calendar, read_coverage, read_services
from residency.importing.parsing import ParsedSheet, empty_sheet, parse_sheet
from residency.importing.problems import ProblemLog, Suggester
from residency.importing.references import Keys
from residency.importing.schedule import read_absences, read_assignments, read_call, read_duty_logs
from residency.importing.sheets import (
    SHEETS,
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
)
from residency.importing.staff import read_people, read_pgy_levels, read_users
from residency.importing.tables import TextBundle, read_tables
from residency.program.calendar import (
    CalendarDay,
    Period,
    academic_year,
    academic_year_period,
    holiday_days,
)
from residency.program.canonical import canonical
from residency.program.extent import first_academic_year, program_period
from residency.program.records import CoverageRequirement, Program
from residency.settings import Settings

Row = TypeVar("Row", bound=SheetRow)


def read_program(path: Path, settings: Settings) -> Program:
    """The program in a bundle, with its rows in canonical order.

    A folder that holds ``duties.csv`` is a duty roster (:mod:`residency.importing.duty_roster`).

    Args:
        path: a folder of CSV files, or an ``.xlsx`` workbook with the same sheets.
        settings: gives the time zone of local times, and the country whose holidays hold when the bundle
            has no calendar.

    Raises:
        InvalidInputError: if there is nothing of that kind at ``path``.
        InvalidBundleError: listing everything that is wrong with it.
    """
    from residency.importing.duty_roster import is_duty_roster, read_duty_roster

    if is_duty_roster(path):
        return read_duty_roster(path)
    log = ProblemLog()
    sheets = _Sheets(read_tables(path, log), ReadingContext(ZoneInfo(settings.timezone)), log)
    program = _assemble(sheets, settings)
    log.raise_if_any(str(path))
    return canonical(program)


def require_site_timezone(program: Program, settings: Settings) -> None:
    """Refuse a program whose own time zone is not the site's: its half-days would begin at other hours.

    Raises:
        InvalidInputError: naming the setting to change.
    """
    if program.timezone != settings.timezone:
        raise InvalidInputError(
            "timezone",
            program.timezone,
            f"the site's time zone {settings.timezone}, or RESIDENCY_TIMEZONE={program.timezone}",
        )


@dataclass(frozen=True)
class _Sheets:
    """The sheets of one bundle, understood when asked for."""

    bundle: TextBundle
    context: ReadingContext
    log: ProblemLog

    def __post_init__(self) -> None:
        known = [sheet.name for sheet in SHEETS]
        suggester = Suggester(known)
        for name in self.bundle.tables:
            if name not in known:
                expected = f"one of {', '.join(known)}{suggester.hint(name)}"
                self.log.add(Problem(self._place(name), "", "is not a sheet of a bundle", expected))
        for sheet in SHEETS:
            if sheet.required and sheet.name not in self.bundle.tables:
                self.log.add(Problem(self._place(sheet.name), "", "is missing", "this sheet in every bundle"))

    def _place(self, name: str) -> str:
        return self.bundle.place.format(name)

    def parsed(self, model: type[Row]) -> ParsedSheet[Row]:
        """The sheet of a row model; empty if the bundle does not hold it."""
        position, name = next(
            (position, sheet.name) for position, sheet in enumerate(SHEETS, start=1) if sheet.row is model
        )
        table = self.bundle.tables.get(name)
        if table is None:
            return empty_sheet(model, position, self._place(name), self.log)
        return parse_sheet(table, model, position, self.context, self.log)


def _assemble(sheets: _Sheets, settings: Settings) -> Program:
    people_sheet, service_sheet = sheets.parsed(PersonLine), sheets.parsed(ServiceLine)
    assignment_sheet = sheets.parsed(AssignmentLine)
    if sheets.bundle.tables.get("people") and not len(people_sheet):
        sheets.log.add(Problem(people_sheet.place, "", "has no rows", "at least one person"), sheet=1)
    people, services = Keys.of(people_sheet, "id"), Keys.of(service_sheet, "abbreviation")
    coverage = read_coverage(sheets.parsed(CoverageLine), services)
    first_year = _first_academic_year(assignment_sheet, coverage, settings)
    program = Program(
        timezone=settings.timezone,
        people=tuple(read_people(people_sheet)),
        pgy_levels=tuple(read_pgy_levels(people_sheet, sheets.parsed(AcademicYearLine), people, first_year)),
        services=tuple(read_services(service_sheet)),
        coverage=tuple(coverage),
        assignments=read_assignments(assignment_sheet, people, services),
        call_shifts=tuple(read_call(sheets.parsed(CallLine), people)),
        absences=tuple(read_absences(sheets.parsed(AbsenceLine), people)),
        duty_logs=tuple(read_duty_logs(sheets.parsed(DutyLogLine), people)),
        users=tuple(read_users(sheets.parsed(UserLine), people)),
        rotations=tuple(read_rotations(sheets.parsed(RotationLine), people, services)),
        hours_approvals=tuple(read_hours_approvals(sheets.parsed(HoursApprovalLine), services)),
        calendar=tuple(read_calendar(sheets.parsed(CalendarLine))),
    )
    if "calendar" in sheets.bundle.tables:
        return program
    return replace(program, calendar=_site_holidays(program, settings))


def _first_academic_year(
    assignments: ParsedSheet[AssignmentLine], coverage: Sequence[CoverageRequirement], settings: Settings
) -> int:
    """The academic year that ``people.pgy`` speaks of."""
    column = assignments.columns["day"]
    days = [day for day, good in zip(column.values, column.good, strict=True) if good]
    days = days or [row.day for row in coverage if row.day is not None]
    return academic_year(min(days) if days else datetime.now(ZoneInfo(settings.timezone)).date())


def _site_holidays(program: Program, settings: Settings) -> tuple[CalendarDay, ...]:
    """The site's holidays in every academic year that the program's schedule touches."""
    if first_academic_year(program) is None:
        return ()
    period = program_period(program)
    first = academic_year_period(academic_year(period.start))
    last = academic_year_period(academic_year(period.end - timedelta(days=1)))
    return tuple(holiday_days(settings.holidays, Period(first.start, last.end)).values())
