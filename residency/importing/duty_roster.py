"""Reading a roster that gives duty as intervals, not half-days: people.csv and duties.csv in a folder."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from residency.errors import Problem
from residency.importing.cells import Abbreviation, Flag, Identifier, Instant, ReadingContext, Words
from residency.importing.demand import LOAD_CATEGORY
from residency.importing.parsing import ParsedSheet, parse_sheet
from residency.importing.problems import ProblemLog
from residency.importing.references import Keys, check_unique
from residency.importing.sheets import SheetRow
from residency.importing.tables import TextTable, read_tables
from residency.program.calendar import HALF_DAY_STARTS_MINUTES, HALVES, CalendarDay, academic_year, is_weekend
from residency.program.canonical import canonical
from residency.program.records import (
    ROLE_CODES,
    SOURCE_CODES,
    Assignments,
    CallShift,
    CoverageRequirement,
    Person,
    PgyLevel,
    Program,
    Service,
)
from residency.program.vocabulary import (
    AssignmentSource,
    CallKind,
    CoverageRole,
    DayType,
    PersonType,
    ServiceKind,
)

GRADE_PGY = {"SHO": 1, "SpR": 4}
"""The lowest post-graduate year of a British grade: senior house officers 1-3, registrars 4-6."""

_PEOPLE, _DUTIES = "people", "duties"
_HALF_DAY_MINUTES = 6 * 60
_HOLIDAY = "No ordinary working day"


class RosterPersonLine(SheetRow):
    """The doctors of a duty roster."""

    id: Identifier
    role: PersonType
    grade: Identifier | None = None
    skills: Words = ()


class DutyLine(SheetRow):
    """One duty of one doctor."""

    person_id: Identifier
    code: Abbreviation
    start: Instant
    end: Instant
    zone: Identifier
    in_house: Flag = True


@dataclass(frozen=True, slots=True)
class _Duty:
    """One duty by the clock on the wall; ``halves`` are the half-days it overlaps, none for a night."""

    index: int
    line: DutyLine
    start: datetime
    end: datetime
    halves: tuple[int, ...]


def is_duty_roster(path: Path) -> bool:
    """Whether a path is a folder that holds a duty roster."""
    return path.is_dir() and (path / f"{_DUTIES}.csv").is_file()


def read_duty_roster(path: Path) -> Program:
    """The program behind a duty roster; the mapping is described in docs/reference/duty-roster.md.

    Raises:
        InvalidBundleError: listing everything that is wrong with it.
    """
    log = ProblemLog()
    tables = read_tables(path, log).tables
    for name in sorted({_PEOPLE, *tables} - {_DUTIES}):
        if name not in tables:
            log.add(Problem(f"{name}.csv", "", "is missing", "this file beside duties.csv"))
        elif name != _PEOPLE:
            log.add(Problem(f"{name}.csv", "", "is no part of a duty roster", "people.csv and duties.csv"))
    log.raise_if_any(str(path))
    readable = {name: table for name, table in tables.items() if table is not None}
    program = _read(readable[_PEOPLE], readable[_DUTIES], log)
    log.raise_if_any(str(path))
    return canonical(program)


def _read(people_table: TextTable, duties_table: TextTable, log: ProblemLog) -> Program:
    zone = _zone(duties_table, log)
    context = ReadingContext(zone)
    people_sheet = parse_sheet(people_table, RosterPersonLine, 1, context, log)
    duty_sheet = parse_sheet(duties_table, DutyLine, 2, context, log)
    for sheet, noun in ((people_sheet, "person"), (duty_sheet, "duty")):
        if not len(sheet):
            log.add(Problem(sheet.place, "", "has no rows", f"at least one {noun}"))
    check_unique(people_sheet, "id")
    keys = Keys.of(people_sheet, "id")
    keys.check(duty_sheet, "person_id")
    duties = _duties(duty_sheet, zone)
    people, grades = _people(people_sheet)
    days = sorted({duty.start.date() for duty in duties})
    years = sorted({academic_year(day) for day in days})
    by_code: dict[str, list[_Duty]] = defaultdict(list)
    for duty in duties:
        if duty.halves:
            by_code[duty.line.code].append(duty)
    constant = {code for code, held in by_code.items() if _staffed_by_one(held, days)}
    types = {person.id: person.type for person in people}
    services = [_service(code, held, types, daily=code in constant) for code, held in sorted(by_code.items())]
    return Program(
        timezone=zone.key,
        people=tuple(people),
        pgy_levels=tuple(
            PgyLevel(person, year, GRADE_PGY[grade]) for person, grade in grades.items() for year in years
        ),
        services=tuple(services),
        coverage=tuple(row for code in sorted(constant) for row in _coverage(code, by_code[code])),
        assignments=_assignments(duty_sheet, duties, keys, [service.abbreviation for service in services]),
        call_shifts=tuple(_call(duties)),
        calendar=tuple(_holidays(by_code, days)),
    )


def _zone(duties: TextTable, log: ProblemLog) -> ZoneInfo:
    """The one time zone of the roster; UTC stands in after a problem, so that reading can go on."""
    texts = duties.columns[duties.header.index("zone")].texts if "zone" in duties.header else ()
    wrong = [text for text in texts if text not in available_timezones()]
    if wrong:
        expected = "an IANA time zone such as Europe/London"
        log.add(Problem(duties.place, "zone", wrong[0], expected), sheet=2)
    elif len(set(texts)) > 1:
        log.add(Problem(duties.place, "zone", ", ".join(texts), "one time zone in the whole roster"), sheet=2)
    elif texts:
        return ZoneInfo(texts[0])
    return ZoneInfo("UTC")


def _people(sheet: ParsedSheet[RosterPersonLine]) -> tuple[list[Person], dict[str, str]]:
    people: list[Person] = []
    grades: dict[str, str] = {}
    for index, line in sheet.lines():
        if line.grade is not None and line.grade not in GRADE_PGY:
            sheet.report(index, "grade", f"nothing or one of {', '.join(GRADE_PGY)}")
        elif line.grade is not None and line.role is PersonType.RESIDENT:
            grades[line.id] = line.grade
        people.append(Person(line.id, line.id, line.role, specialties=line.skills))
    return people, grades


def _duties(sheet: ParsedSheet[DutyLine], zone: ZoneInfo) -> list[_Duty]:
    duties: list[_Duty] = []
    for index, line in sheet.lines():
        if line.end <= line.start:
            sheet.report(index, "end", "a time after the start")
            continue
        start, end = line.start.astimezone(zone), line.end.astimezone(zone)
        duties.append(_Duty(index, line, start, end, _halves(start, end)))
    last: dict[str, _Duty] = {}
    for duty in sorted(duties, key=lambda duty: (duty.line.person_id, duty.line.start)):
        before = last.get(duty.line.person_id)
        if before is not None and duty.line.start < before.line.end:
            row = sheet.rows[before.index]
            sheet.report(duty.index, "start", f"no duty that overlaps with the person's own in row {row}")
        last[duty.line.person_id] = duty
    return duties


def _halves(start: datetime, end: datetime) -> tuple[int, ...]:
    """The half-days of its day that a duty overlaps by the clock; none when it runs over midnight."""
    midnight = datetime.combine(start.date() + timedelta(days=1), time())
    if end.replace(tzinfo=None) > midnight:
        return ()
    first, last = _clock_minutes(start), _clock_minutes(end) or 24 * 60
    return tuple(
        half
        for half, begin in enumerate(HALF_DAY_STARTS_MINUTES)
        if first < begin + _HALF_DAY_MINUTES and begin < last
    )


def _clock_minutes(instant: datetime) -> int:
    return 60 * instant.hour + instant.minute


def _staffed_by_one(held: Sequence[_Duty], days: Sequence[date]) -> bool:
    """Whether exactly one person holds a code on every day of the roster."""
    count = Counter(duty.start.date() for duty in held)
    length = (days[-1] - days[0]).days + 1
    return len(count) == length and set(count.values()) == {1}


def _service(code: str, held: Sequence[_Duty], types: Mapping[str, PersonType], *, daily: bool) -> Service:
    """The service of a code: hours of its most frequent clock times, for the type of those who hold it."""
    held_by = {types[duty.line.person_id] for duty in held if duty.line.person_id in types}
    (first, last), _ = Counter(
        (_clock_minutes(duty.start), _clock_minutes(duty.end) or 24 * 60) for duty in held
    ).most_common(1)[0]
    noon = HALF_DAY_STARTS_MINUTES[1]
    kind = ServiceKind.INPATIENT if daily else ServiceKind.OUTPATIENT
    afternoon = max(first, noon)
    return Service(
        abbreviation=code,
        name=code,
        kind=kind,
        load_category=LOAD_CATEGORY[kind],
        hours_am=_hours(first, min(last, noon)),
        hours_pm=_hours(afternoon, last),
        start_am=_clock(min(first, noon)),
        start_pm=_clock(afternoon),
        required_type=held_by.pop() if len(held_by) == 1 else None,
        leave_eligible=not daily,
        inpatient=daily,
    )


def _hours(first: int, last: int) -> float:
    return round(max(last - first, 0) / 60, 2)


def _clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


def _coverage(code: str, held: Sequence[_Duty]) -> list[CoverageRequirement]:
    return [
        CoverageRequirement(code, name, minimum=1, weekday=weekday)
        for weekday in range(7)
        for half, name in enumerate(HALVES)
        if all(half in duty.halves for duty in held)
    ]


def _assignments(
    sheet: ParsedSheet[DutyLine], duties: Sequence[_Duty], people: Keys, services: Sequence[str]
) -> Assignments:
    service_of = {code: row for row, code in enumerate(services)}
    taken: dict[tuple[str, date, int], int] = {}
    rows: list[tuple[int, int, date, int]] = []
    for duty in duties:
        day = duty.start.date()
        for half in duty.halves:
            first = taken.setdefault((duty.line.person_id, day, half), duty.index)
            if first != duty.index:
                expected = (
                    f"one duty a person and half-day; row {sheet.rows[first]} is in this {HALVES[half]}"
                )
                sheet.report(duty.index, "start", expected)
            person = people.position.get(duty.line.person_id, -1)
            rows.append((person, service_of[duty.line.code], day, half))
    person, service, day, half = zip(*rows, strict=True) if rows else ((), (), (), ())
    count = len(rows)
    return Assignments(
        person=np.array(person, np.int32),
        service=np.array(service, np.int32),
        day=np.array(day, "datetime64[D]"),
        half=np.array(half, np.int8),
        role=np.full(count, ROLE_CODES[CoverageRole.PRIMARY], np.int8),
        source=np.full(count, SOURCE_CODES[AssignmentSource.PRELOAD], np.int8),
        locked=np.ones(count, np.bool_),
    )


def _call(duties: Sequence[_Duty]) -> list[CallShift]:
    return [
        CallShift(duty.line.person_id, duty.line.start, duty.line.end, CallKind.OVERNIGHT, duty.line.in_house)
        for duty in duties
        if not duty.halves
    ]


def _holidays(by_code: dict[str, list[_Duty]], days: Sequence[date]) -> list[CalendarDay]:
    """Weekdays on which nobody works a code that is never worked on weekends."""
    worked = [{duty.start.date() for duty in held} for held in by_code.values()]
    ordinary = [on for on in worked if not any(is_weekend(day) for day in on)]
    if not ordinary:
        return []
    working_days = set[date]().union(*ordinary)
    span = (days[0] + timedelta(days=offset) for offset in range((days[-1] - days[0]).days + 1))
    return [
        CalendarDay(day, DayType.FEDERAL_HOLIDAY, _HOLIDAY)
        for day in span
        if not is_weekend(day) and day not in working_days
    ]
