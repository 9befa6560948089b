"""The people of a bundle: residents with their academic years, faculty, learners, and the users they are."""

from residency.importing.parsing import ParsedSheet
from residency.importing.references import Keys, check_unique, report_repeats
from residency.importing.sheets import AcademicYearLine, PersonLine, UserLine
from residency.program.records import Person, PgyLevel, User
from residency.program.vocabulary import PersonType


def read_people(sheet: ParsedSheet[PersonLine]) -> list[Person]:
    """The people, after every check that needs no other sheet."""
    check_unique(sheet, "id")
    check_unique(sheet, "email", str.casefold)
    check_unique(sheet, "pseudonym")
    people: list[Person] = []
    for index, line in sheet.lines():
        if line.pgy is not None and line.type is not PersonType.RESIDENT:
            sheet.report(index, "pgy", f"nothing: only residents have a PGY, this is {line.type}")
        if line.faculty_role is not None and line.type is not PersonType.FACULTY:
            sheet.report(index, "faculty_role", f"nothing: only faculty have a role, this is {line.type}")
        if line.active_from and line.active_to and line.active_to < line.active_from:
            sheet.report(index, "active_to", f"a date not before active_from {line.active_from}")
        people.append(
            Person(
                id=line.id,
                name=line.name or line.id,
                type=line.type,
                faculty_role=line.faculty_role,
                fte=line.fte,
                specialties=line.specialties,
                credentials=line.credentials,
                email=line.email,
                performs_procedures=line.performs_procedures,
                active_from=line.active_from,
                active_to=line.active_to,
                pseudonym=line.pseudonym,
            )
        )
    return people


def read_pgy_levels(
    people: ParsedSheet[PersonLine],
    years: ParsedSheet[AcademicYearLine],
    keys: Keys,
    first_year: int,
) -> list[PgyLevel]:
    """The PGY of every (resident, academic year) that the bundle gives.

    Args:
        people: the people sheet, whose ``pgy`` holds in ``first_year``.
        years: the sheet of further academic years.
        keys: the people's ids.
        first_year: the academic year of the bundle's first assignment.
    """
    lines = list(people.lines())
    levels = {(line.id, first_year): line.pgy for _, line in lines if line.pgy is not None}
    types = {line.id: line.type for _, line in reversed(lines)}
    keys.check(years, "person")
    report_repeats(
        years,
        "academic_year",
        ((index, (line.person, line.academic_year)) for index, line in years.lines()),
        lambda row: f"one row a person and year; row {row} has both already",
    )
    for index, line in years.lines():
        if types.get(line.person, PersonType.RESIDENT) is not PersonType.RESIDENT:
            years.report(index, "person", f"a resident; this is {types[line.person]}")
        known = levels.setdefault((line.person, line.academic_year), line.pgy)
        if known != line.pgy and line.academic_year == first_year:
            years.report(index, "pgy", f"{known}, which {people.place} gives for {first_year}")
    return [PgyLevel(person, year, pgy) for (person, year), pgy in levels.items()]


def read_users(sheet: ParsedSheet[UserLine], people: Keys) -> list[User]:
    """The users, after every check."""
    check_unique(sheet, "username")
    check_unique(sheet, "email", str.casefold)
    people.check(sheet, "person")
    return [User(line.username, line.email, line.role, line.person) for _, line in sheet.lines()]
