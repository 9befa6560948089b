"""The one order of a program's rows, and the fingerprint of the schedule in it."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from residency.program.calendar import CalendarDay, academic_year_period
from residency.program.extent import first_academic_year
from residency.program.records import Assignments, CoverageRequirement, Person, Program
from residency.program.vocabulary import DayType


def canonical(program: Program) -> Program:
    """The same program with its rows in one order, so that equal programs are equal row by row.

    People are ordered by id, services by abbreviation, the rest by date and person. Instants become UTC,
    lists of words are sorted, ordinary days leave the calendar, and a coverage row that begins with the
    program's first academic year or before it has no ``valid_from``: it holds as far as the program goes.
    """
    people = sorted((_canonical_person(person) for person in program.people), key=lambda row: row.id)
    services = sorted(program.services, key=lambda row: row.abbreviation)
    year = first_academic_year(program)
    first_day = academic_year_period(year).start if year is not None else None
    return Program(
        timezone=program.timezone,
        people=tuple(people),
        pgy_levels=tuple(sorted(program.pgy_levels, key=lambda row: (row.person, row.academic_year))),
        services=tuple(services),
        coverage=tuple(sorted((_from(row, first_day) for row in program.coverage), key=_coverage_order)),
        assignments=_canonical_assignments(program),
        call_shifts=tuple(
            sorted(
                (replace(row, start=_utc(row.start), end=_utc(row.end)) for row in program.call_shifts),
                key=lambda row: (row.start, row.person, row.end, row.kind, row.in_house),
            )
        ),
        absences=tuple(
            sorted(
                program.absences,
                key=lambda row: (
                    row.start_date,
                    row.start_half,
                    row.person,
                    row.end_date,
                    row.end_half,
                    row.type,
                ),
            )
        ),
        duty_logs=tuple(
            sorted(
                (replace(row, start=_utc(row.start), end=_utc(row.end)) for row in program.duty_logs),
                key=lambda row: (row.start, row.person, row.end, row.activity_class),
            )
        ),
        users=tuple(sorted(program.users, key=lambda row: row.username)),
        rotations=tuple(sorted(program.rotations, key=lambda row: (row.start_date, row.person))),
        hours_approvals=tuple(
            sorted(
                program.hours_approvals,
                key=lambda row: (row.valid_from, row.service or "", row.min_pgy, row.max_pgy),
            )
        ),
        calendar=tuple(sorted(filter(_is_special, program.calendar), key=lambda row: row.day)),
    )


def schedule_hash(program: Program, start: date, end: date) -> str:
    """SHA-256 over what a schedule version holds: its days ``[start, end)``, assignments, rotations, call.

    Args:
        program: a canonical program.
        start: the version's first day.
        end: the day after its last.
    """
    rows = program.assignments
    people, person = np.unique(rows.person, return_inverse=True)
    services, service = np.unique(rows.service, return_inverse=True)
    held: list[int] = people.tolist()
    used: list[int] = services.tolist()
    header: dict[str, object] = {
        "timezone": program.timezone,
        "days": [start.isoformat(), end.isoformat()],
        "people": [program.people[row].id for row in held],
        "services": [program.services[row].abbreviation for row in used],
        "call": [
            (row.person, row.start.isoformat(), row.end.isoformat(), row.kind, row.in_house)
            for row in program.call_shifts
        ],
    }
    if program.rotations:
        header["rotations"] = [
            (row.person, row.service, row.start_date.isoformat(), row.end_date.isoformat())
            for row in program.rotations
        ]
    digest = hashlib.sha256(json.dumps(header).encode())
    for column in (person, service, rows.day, rows.half, rows.role, rows.source, rows.locked):
        digest.update(column.astype("<i8").tobytes())
    return digest.hexdigest()


def _canonical_person(person: Person) -> Person:
    return replace(
        person,
        specialties=tuple(sorted(set(person.specialties))),
        credentials=tuple(sorted(set(person.credentials))),
    )


def _from(row: CoverageRequirement, first_day: date | None) -> CoverageRequirement:
    if row.valid_from is None or first_day is None or row.valid_from > first_day:
        return row
    return replace(row, valid_from=None)


def _coverage_order(row: CoverageRequirement) -> tuple[str, str, int, date, str, date]:
    return (
        row.service,
        row.role,
        -1 if row.weekday is None else row.weekday,
        row.day or date.min,
        row.half,
        row.valid_from or date.min,
    )


def _canonical_assignments(program: Program) -> Assignments:
    rows = program.assignments
    person = _sorted_positions([row.id for row in program.people])[rows.person]
    service = _sorted_positions([row.abbreviation for row in program.services])[rows.service]
    order = np.lexsort((person, rows.half, rows.day))
    return replace(rows, person=person, service=service).take(order)


def _sorted_positions(keys: list[str]) -> NDArray[np.int32]:
    """Where each key stands among all keys once they are sorted; shape (keys,)."""
    position = {key: row for row, key in enumerate(sorted(keys))}
    return np.array([position[key] for key in keys], np.int32)


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


def _is_special(day: CalendarDay) -> bool:
    return day.day_type is not DayType.NORMAL or bool(day.holiday_name) or day.actual_date is not None
