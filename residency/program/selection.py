"""A smaller program out of a larger one: without the people and services that no longer belong to it."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from residency.program.calendar import Period
from residency.program.records import Program


def without_former(program: Program, period: Period, archived: Collection[str]) -> Program:
    """The program without people who are inactive all through a period, and without archived services.

    Who or what an assignment still names stays, so that nothing dangles.

    Args:
        program: everything known.
        period: the days that count.
        archived: abbreviations of archived services.
    """
    assigned = set(np.unique(program.assignments.person).tolist())
    used = set(np.unique(program.assignments.service).tolist())
    people = [
        row
        for row, person in enumerate(program.people)
        if row in assigned
        or (
            (person.active_to is None or person.active_to >= period.start)
            and (person.active_from is None or person.active_from < period.end)
        )
    ]
    services = [
        row
        for row, service in enumerate(program.services)
        if row in used or service.abbreviation not in archived
    ]
    kept_people = {program.people[row].id for row in people}
    kept_services = {program.services[row].abbreviation for row in services}
    person_at = np.zeros(len(program.people), np.int32)
    person_at[people] = np.arange(len(people))
    service_at = np.zeros(len(program.services), np.int32)
    service_at[services] = np.arange(len(services))
    return replace(
        program,
        people=tuple(program.people[row] for row in people),
        pgy_levels=tuple(level for level in program.pgy_levels if level.person in kept_people),
        services=tuple(program.services[row] for row in services),
        coverage=tuple(row for row in program.coverage if row.service in kept_services),
        assignments=replace(
            program.assignments,
            person=person_at[program.assignments.person],
            service=service_at[program.assignments.service],
        ),
        call_shifts=tuple(shift for shift in program.call_shifts if shift.person in kept_people),
        absences=tuple(absence for absence in program.absences if absence.person in kept_people),
        duty_logs=tuple(log for log in program.duty_logs if log.person in kept_people),
        users=tuple(
            user if user.person in kept_people else replace(user, person=None) for user in program.users
        ),
    )
