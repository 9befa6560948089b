"""A smaller program out of a larger one: without the people and services that no longer belong to it."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from residency.program.records import Program


def without_former(program: Program, people: Collection[str], services: Collection[str]) -> Program:
    """The program without the people and services that it once had.

    Who or what an assignment or a rotation still names stays, so that nothing dangles.

    Args:
        program: everything known.
        people: ids of former people.
        services: abbreviations of former services.
    """
    assigned = set(np.unique(program.assignments.person).tolist())
    used = set(np.unique(program.assignments.service).tolist())
    people = set(people) - {rotation.person for rotation in program.rotations}
    services = set(services) - {rotation.service for rotation in program.rotations}
    person_rows = [row for row, p in enumerate(program.people) if row in assigned or p.id not in people]
    service_rows = [
        row for row, s in enumerate(program.services) if row in used or s.abbreviation not in services
    ]
    kept_people = {program.people[row].id for row in person_rows}
    kept_services = {program.services[row].abbreviation for row in service_rows}
    person_at = np.zeros(len(program.people), np.int32)
    person_at[person_rows] = np.arange(len(person_rows))
    service_at = np.zeros(len(program.services), np.int32)
    service_at[service_rows] = np.arange(len(service_rows))
    return replace(
        program,
        people=tuple(program.people[row] for row in person_rows),
        pgy_levels=tuple(level for level in program.pgy_levels if level.person in kept_people),
        services=tuple(program.services[row] for row in service_rows),
        coverage=tuple(row for row in program.coverage if row.service in kept_services),
        assignments=replace(
            program.assignments,
            person=person_at[program.assignments.person],
            service=service_at[program.assignments.service],
        ),
        call_shifts=tuple(shift for shift in program.call_shifts if shift.person in kept_people),
        absences=tuple(absence for absence in program.absences if absence.person in kept_people),
        duty_logs=tuple(log for log in program.duty_logs if log.person in kept_people),
        hours_approvals=tuple(
            row for row in program.hours_approvals if row.service is None or row.service in kept_services
        ),
        users=tuple(
            user if user.person in kept_people else replace(user, person=None) for user in program.users
        ),
    )
