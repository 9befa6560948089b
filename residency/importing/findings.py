"""What is odd about a program without being wrong: assignments that are no cover, residents without a PGY."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from residency.program.calendar import academic_year, academic_year_period
from residency.program.eligibility import ineligibility
from residency.program.extent import program_period
from residency.program.records import DEFAULT_PGY, ROLES, Program
from residency.program.vocabulary import LEARNER_TYPES, CoverageRole, PersonType


@dataclass(frozen=True, slots=True)
class Finding:
    """One oddity of one person, by id; ``assignments`` are how many it concerns (0 when none)."""

    person: str
    sentence: str
    assignments: int = 0


def findings(program: Program) -> list[Finding]:
    """Everything odd about a program, without names.

    Assignments of people who may not hold them, once for each person, service and role: they do not count
    as cover. A learner's assignment is only odd where cover is asked for. And residents without a PGY in
    an academic year of the schedule, who are judged as PGY-2.
    """
    return [*_ineligible_assignments(program), *_missing_pgy(program)]


def not_cover(found: list[Finding]) -> int:
    """How many assignments do not count as cover."""
    return sum(finding.assignments for finding in found)


def _ineligible_assignments(program: Program) -> Iterator[Finding]:
    levels = {(row.person, row.academic_year): row.pgy for row in program.pgy_levels}
    asked = {(row.service, row.role) for row in program.coverage}
    odd: dict[tuple[str, str, CoverageRole, str], list[_Alike]] = defaultdict(list)
    for alike in _alike_assignments(program):
        person, service = program.people[alike.person], program.services[alike.service]
        if person.type in LEARNER_TYPES and (service.abbreviation, alike.role) not in asked:
            continue
        pgy = levels.get((person.id, alike.academic_year), DEFAULT_PGY)
        reason = ineligibility(person, service, alike.role, pgy)
        if reason is not None:
            odd[person.id, service.abbreviation, alike.role, reason].append(alike)
    for (person_id, abbreviation, role, reason), held in sorted(odd.items()):
        number = sum(alike.number for alike in held)
        first = min(alike.first for alike in held)
        part = "" if role is CoverageRole.PRIMARY else f" as {role}"
        times = f"on {first}" if number == 1 else f"{number} times, first on {first},"
        sentence = f"{person_id} is assigned to {abbreviation}{part} {times} and does not count: {reason}"
        yield Finding(person_id, sentence, number)


@dataclass(frozen=True, slots=True)
class _Alike:
    """Assignments of one person to one service and role in one academic year."""

    person: int
    service: int
    role: CoverageRole
    academic_year: int
    first: date
    number: int


def _alike_assignments(program: Program) -> Iterator[_Alike]:
    rows = program.assignments.take(np.argsort(program.assignments.day, kind="stable"))
    months = rows.day.astype("datetime64[M]").astype(np.int64)
    years = 1970 + (months - 6) // 12
    keys = np.stack([rows.person, rows.service, rows.role, years])
    distinct, first, count = np.unique(keys, axis=1, return_index=True, return_counts=True)
    codes: list[list[int]] = distinct.T.tolist()
    days: list[date] = rows.day[first].tolist()
    numbers: list[int] = count.tolist()
    for (person, service, role, year), day, number in zip(codes, days, numbers, strict=True):
        yield _Alike(person, service, ROLES[role], year, day, number)


def _missing_pgy(program: Program) -> Iterator[Finding]:
    if not len(program.assignments):
        return
    period = program_period(program)
    known = {(row.person, row.academic_year) for row in program.pgy_levels}
    for year in range(academic_year(period.start), academic_year(period.end - timedelta(days=1)) + 1):
        days = academic_year_period(year)
        for person in program.people:
            active = (person.active_from or days.start) < days.end and (
                person.active_to is None or person.active_to >= days.start
            )
            if person.type is PersonType.RESIDENT and active and (person.id, year) not in known:
                sentence = (
                    f"{person.id} has no PGY in academic year {year} and is judged as PGY-{DEFAULT_PGY}"
                )
                yield Finding(person.id, sentence)
