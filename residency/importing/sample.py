"""A made-up residency program of any size, as tight as a real one and the same for the same seed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from residency.errors import InvalidInputError
from residency.importing.sampling.call import CallNights, call_nights, inpatient_weeks
from residency.importing.sampling.faculty import FacultyWeek
from residency.importing.sampling.layout import Layout, build_people, build_services
from residency.importing.sampling.leave import FACULTY, RESIDENTS, draw_leave
from residency.importing.sampling.residents import schedule_residents
from residency.importing.sampling.roster import FREE, Roster
from residency.program.calendar import Period, academic_year, academic_year_period, holiday_days
from residency.program.canonical import canonical
from residency.program.records import (
    ROLE_CODES,
    SOURCE_CODES,
    Assignments,
    CallShift,
    Person,
    PgyLevel,
    Program,
    User,
)
from residency.program.vocabulary import AssignmentSource, CallKind, CoverageRole, UserRole

MINIMUM_PEOPLE = 20
MAXIMUM_PEOPLE = 2_500
MAXIMUM_DAYS = 3 * 366
_EVENING, _MORNING = time(19), time(7)
_ROLE_CODES = np.array([ROLE_CODES[CoverageRole.PRIMARY], ROLE_CODES[CoverageRole.SUPERVISING]], np.int8)


def default_start(today: date) -> date:
    """The Monday two weeks ago or up to six days earlier, so that analyses of the days ahead find data."""
    before = today - timedelta(days=14)
    return before - timedelta(days=before.weekday())


def sample_program(
    people: int, days: int, seed: int, start: date, timezone: str, holidays: str = "US"
) -> Program:
    """A program with a published-quality schedule, the same for the same arguments.

    Sizes, absences, inpatient weeks and call follow the aggregates of a real family-medicine program of 17
    residents and 12 faculty; larger programs are several clinics of that kind. Nobody joins or leaves: in
    the second academic year everybody is one year further. No person or name is real.

    Args:
        people: residents and faculty together.
        days: length of the schedule.
        seed: choice among the possible programs of that size.
        start: its first day.
        timezone: the program's IANA time zone.
        holidays: country whose federal holidays are kept, "" for none.

    Raises:
        InvalidInputError: if ``people``, ``days`` or ``seed`` is out of range.
    """
    _check("people", people, MINIMUM_PEOPLE, MAXIMUM_PEOPLE)
    _check("days", days, 7, MAXIMUM_DAYS)
    _check("seed", seed, 0, 2**32 - 1)
    period = Period.horizon(start, days)
    years = range(academic_year(period.start), academic_year(period.day(period.blocks - 1)) + 1)
    academic = Period(academic_year_period(years[0]).start, academic_year_period(years[-1]).end)
    calendar = tuple(holiday_days(holidays, academic).values())
    layout = Layout.of(people, period, timezone, calendar)
    rng = np.random.default_rng([seed, people, days, start.toordinal()])

    residents, faculty = build_people(layout)
    services, coverage, service_index = build_services(layout)
    resident_places, faculty_places = _places(layout.resident_exists), _places(layout.faculty_exists)
    faculty_leave = draw_leave(layout, FACULTY, _by_clinic(faculty, faculty_places), rng)
    resident_leave = draw_leave(layout, RESIDENTS, _by_clinic(residents, resident_places), rng)

    resident_roster = Roster.empty(layout.resident_exists[:, :, None] & ~resident_leave.planned)
    schedule_residents(layout, resident_roster, resident_leave.vacation)
    faculty_roster = Roster.empty(layout.faculty_exists[:, :, None] & ~faculty_leave.planned)
    inpatient = inpatient_weeks(layout, faculty_roster)
    nights = call_nights(layout, faculty_roster, inpatient)
    pgy = layout.pgy()
    units = _supervision_units(layout, resident_roster, pgy)
    FacultyWeek(layout, faculty_roster, units, faculty_leave.unforeseen).fill()

    program = Program(
        timezone=timezone,
        people=(*residents, *faculty),
        pgy_levels=tuple(_pgy_levels(residents, pgy[layout.resident_exists], years)),
        services=tuple(services),
        coverage=tuple(coverage),
        assignments=_joined(
            _assignments(layout, resident_roster, resident_places, service_index),
            _assignments(layout, faculty_roster, faculty_places + len(residents), service_index),
        ),
        call_shifts=tuple(_call_shifts(layout, nights, faculty, faculty_places)),
        absences=(*resident_leave.absences, *faculty_leave.absences),
        users=(
            User("administrator", "administrator@example.org", UserRole.ADMIN),
            User("coordinator", "coordinator@example.org", UserRole.COORDINATOR),
        ),
        calendar=calendar,
    )
    return canonical(program)


def _check(name: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise InvalidInputError(name, value, f"a whole number from {lowest} to {highest}")


def _places(exists: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The running number of each person who exists, shape (U, people of a clinic)."""
    return np.cumsum(exists.ravel()).reshape(exists.shape) - 1


def _by_clinic(people: list[Person], places: NDArray[np.int64]) -> list[list[str]]:
    """The ids of each clinic's people."""
    rows: list[list[int]] = places.tolist()
    return [[people[place].id for place in dict.fromkeys(row)] for row in rows]


def _supervision_units(layout: Layout, roster: Roster, pgy: NDArray[np.int64]) -> NDArray[np.int64]:
    """Units that the residents in clinic generate, shape (U, D, 2)."""
    clinic = layout.services[layout.code["C"]].service
    each = np.where(pgy == 1, clinic.supervision_units_pgy1, clinic.supervision_units_other)
    in_clinic = roster.service == layout.code["C"]
    return np.einsum("un,undh->udh", each, in_clinic.astype(np.int64))


def _pgy_levels(residents: list[Person], pgy: NDArray[np.int64], years: range) -> list[PgyLevel]:
    return [
        PgyLevel(person.id, year, level + year - years[0])
        for person, level in zip(residents, pgy.tolist(), strict=True)
        for year in years
    ]


def _assignments(
    layout: Layout, roster: Roster, places: NDArray[np.int64], service_index: NDArray[np.int64]
) -> Assignments:
    clinic, place, day, half = np.nonzero(roster.service != FREE)
    code = roster.service[clinic, place, day, half]
    role = _ROLE_CODES[roster.role[clinic, place, day, half]]
    leave = code == layout.code["LV"]
    solver, preload = SOURCE_CODES[AssignmentSource.SOLVER], SOURCE_CODES[AssignmentSource.PRELOAD]
    return Assignments(
        person=places[clinic, place].astype(np.int32),
        service=service_index[clinic, code].astype(np.int32),
        day=np.datetime64(layout.period.start, "D") + day.astype("timedelta64[D]"),
        half=half.astype(np.int8),
        role=role,
        source=np.where(leave, preload, solver).astype(np.int8),
        locked=leave,
    )


def _joined(first: Assignments, second: Assignments) -> Assignments:
    return Assignments(
        person=np.concatenate([first.person, second.person]),
        service=np.concatenate([first.service, second.service]),
        day=np.concatenate([first.day, second.day]),
        half=np.concatenate([first.half, second.half]),
        role=np.concatenate([first.role, second.role]),
        source=np.concatenate([first.source, second.source]),
        locked=np.concatenate([first.locked, second.locked]),
    )


def _call_shifts(
    layout: Layout, nights: CallNights, faculty: list[Person], places: NDArray[np.int64]
) -> list[CallShift]:
    zone = ZoneInfo(layout.timezone)
    evenings = [
        datetime.combine(layout.period.day(2 * day), _EVENING, zone).astimezone(UTC)
        for day in range(layout.period.days)
    ]
    mornings = [
        datetime.combine(layout.period.day(2 * day) + timedelta(days=1), _MORNING, zone).astimezone(UTC)
        for day in range(layout.period.days)
    ]
    shifts: list[CallShift] = []
    for held, kind in ((nights.overnight, CallKind.OVERNIGHT), (nights.weekend, CallKind.WEEKEND)):
        for clinic, place, day in np.argwhere(held).tolist():
            person = faculty[int(places[clinic, place])].id
            in_house = kind is CallKind.OVERNIGHT
            shifts.append(CallShift(person, evenings[day], mornings[day], kind, in_house))
    return shifts
