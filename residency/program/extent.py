"""Which days and academic years a program's schedule speaks of."""

from datetime import timedelta

from residency.errors import InvalidInputError
from residency.program.calendar import Period, academic_year
from residency.program.records import Program


def program_period(program: Program) -> Period:
    """The days from the first to the last dated thing of a schedule: an assignment or dated coverage.

    Raises:
        InvalidInputError: if the program has neither.
    """
    days = [row.day for row in program.coverage if row.day is not None]
    if len(program.assignments):
        days += [program.assignments.day.min().item(), program.assignments.day.max().item()]
    if not days:
        raise InvalidInputError("assignments", "", "at least one assignment, or coverage on a date")
    return Period(min(days), max(days) + timedelta(days=1))


def first_academic_year(program: Program) -> int | None:
    """The academic year of the first assignment, else of the first dated coverage; None without either."""
    if len(program.assignments):
        return academic_year(program.assignments.day.min().item())
    dated = [row.day for row in program.coverage if row.day is not None]
    return academic_year(min(dated)) if dated else None
