"""What a bundle asks for: its services, their coverage requirements, and days that are not ordinary."""

from collections import defaultdict
from datetime import date
from typing import Any

from residency.importing.cells import FIRST_DAY, LAST_DAY
from residency.importing.parsing import ParsedSheet
from residency.importing.references import Keys, check_unique
from residency.importing.sheets import CalendarLine, CoverageLine, ServiceLine
from residency.program.calendar import CalendarDay
from residency.program.records import CoverageRequirement, Service
from residency.program.vocabulary import ServiceKind

LOAD_CATEGORY = {
    ServiceKind.INPATIENT: 1,
    ServiceKind.CALL: 1,
    ServiceKind.NIGHT_FLOAT: 1,
    ServiceKind.OUTPATIENT: 3,
    ServiceKind.PROCEDURE: 3,
    ServiceKind.EDUCATION: 4,
    ServiceKind.RESEARCH: 5,
    ServiceKind.ADMINISTRATION: 6,
    ServiceKind.OFF: 7,
    ServiceKind.RECOVERY: 7,
    ServiceKind.ABSENCE: 7,
}
"""Load-shedding category of a service that names none, by kind."""


def read_services(sheet: ParsedSheet[ServiceLine]) -> list[Service]:
    """The services, after every check."""
    check_unique(sheet, "abbreviation")
    services: list[Service] = []
    named: dict[str, int] = {}
    for index, line in sheet.lines():
        service = _service(line)
        first = named.setdefault(service.name, index)
        if first != index:
            expected = f"a name of its own; row {sheet.rows[first]} has it already"
            sheet.report(index, "name", expected, service.name)
        services.append(service)
    return services


def _service(line: ServiceLine) -> Service:
    inpatient = line.kind is ServiceKind.INPATIENT if line.inpatient is None else line.inpatient
    return Service(
        abbreviation=line.abbreviation,
        name=line.name or line.abbreviation,
        kind=line.kind,
        load_category=line.load_category or LOAD_CATEGORY[line.kind],
        hours_am=line.hours_am,
        hours_pm=line.hours_pm,
        start_am=line.start_am,
        start_pm=line.start_pm,
        night_hours=line.night_hours,
        required_type=line.required_type,
        required_role=line.required_role,
        required_specialty=line.required_specialty,
        required_credential=line.required_credential,
        min_pgy=line.min_pgy,
        needs_supervision=line.needs_supervision,
        supervision_units_pgy1=line.supervision_units_pgy1,
        supervision_units_other=line.supervision_units_other,
        procedure_units=line.procedure_units,
        leave_eligible=not inpatient if line.leave_eligible is None else line.leave_eligible,
        inpatient=inpatient,
        offsite=line.offsite,
        clinic_location=line.clinic_location,
    )


def read_coverage(sheet: ParsedSheet[CoverageLine], services: Keys) -> list[CoverageRequirement]:
    """The coverage requirements, after every check."""
    services.check(sheet, "service")
    coverage: list[CoverageRequirement] = []
    valid: dict[tuple[Any, ...], list[tuple[date, date, int]]] = defaultdict(list)
    for index, line in sheet.lines():
        _check_line(sheet, index, line)
        key = (line.service, line.weekday, line.day, line.half, line.role)
        first, last = line.valid_from or FIRST_DAY, line.valid_to or LAST_DAY
        for other_first, other_last, other in valid[key]:
            if first <= other_last and other_first <= last:
                expected = (
                    f"one row for a service, day, half and role at a time; row {sheet.rows[other]} is one"
                )
                sheet.report(index, "service", expected)
        valid[key].append((first, last, index))
        coverage.append(
            CoverageRequirement(
                service=line.service,
                half=line.half,
                minimum=line.minimum,
                weekday=line.weekday,
                day=line.day,
                role=line.role,
                maximum=line.maximum,
                valid_from=line.valid_from,
                valid_to=line.valid_to,
            )
        )
    return coverage


def _check_line(sheet: ParsedSheet[CoverageLine], index: int, line: CoverageLine) -> None:
    if (line.weekday is None) == (line.day is None):
        sheet.report(index, "weekday", "either a weekday or a date")
    if line.maximum is not None and line.maximum < line.minimum:
        sheet.report(index, "maximum", f"nothing or at least the minimum {line.minimum}")
    if line.day is not None and line.valid_from is not None:
        sheet.report(index, "valid_from", "nothing beside a date")
    if line.day is not None and line.valid_to is not None:
        sheet.report(index, "valid_to", "nothing beside a date")
    if line.valid_from and line.valid_to and line.valid_to < line.valid_from:
        sheet.report(index, "valid_to", f"a date not before valid_from {line.valid_from}")


def read_calendar(sheet: ParsedSheet[CalendarLine]) -> list[CalendarDay]:
    """The days that are not ordinary, after every check."""
    check_unique(sheet, "day")
    return [
        CalendarDay(line.day, line.day_type, line.holiday_name or "", line.actual_date)
        for _, line in sheet.lines()
    ]
