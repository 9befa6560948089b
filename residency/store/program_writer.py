"""Loading a program into the database in one transaction: all of it or nothing, and twice changes nothing."""

import json
import secrets
from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from residency.errors import ConflictError
from residency.program.calendar import (
    CalendarDay,
    Period,
    academic_block,
    academic_year,
    academic_year_period,
    is_weekend,
)
from residency.program.canonical import canonical, schedule_hash
from residency.program.extent import first_academic_year, program_period
from residency.program.records import CoverageRequirement, Person, Program
from residency.program.vocabulary import DAY_TYPE_INTENT, PersonType
from residency.store.columns import insert_assignments
from residency.store.recipients import alert_recipients
from residency.store.statements import statement
from residency.store.tables import PersonRow, ServiceRow
from residency.store.versions import add_imported_version, find_version, publish_version

_LOCK = 7_262_014
"""Advisory lock that lets one import run at a time."""

_PSEUDONYM_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_PSEUDONYM_PREFIX = {
    PersonType.RESIDENT: "R",
    PersonType.FACULTY: "F",
    PersonType.MED_STUDENT: "S",
    PersonType.ROTATING_INTERN: "I",
}


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import did: the version, whether it is new and published now, and the bundle's size."""

    version_id: UUID
    created: bool
    published: bool
    superseded: tuple[UUID, ...]
    people: int
    services: int
    assignments: int
    people_ended: int
    services_archived: int
    recipients: int
    """Active administrators and coordinators, who receive alerts."""
    newly_published: bool
    """Whether the version became the published one by this import."""


async def import_program(
    engine: AsyncEngine,
    program: Program,
    *,
    publish: bool,
    actor: str = "import",
    then: Callable[[AsyncConnection, ImportOutcome], Awaitable[None]] | None = None,
) -> ImportOutcome:
    """Load a program: people, services and absences are brought up to date, its schedule becomes a version.

    Nobody is ever removed, and no year that had ended before the program begins is changed. A schedule
    that is already there makes no second version. Publishing makes the bundle the program from its first
    day on: people it does not name end the day before, services it does not name are archived and ask for
    nobody any more.

    Args:
        engine: the program's database.
        program: what to load.
        publish: whether the version becomes the published one.
        actor: who loads it.
        then: what else belongs to the transaction, such as wishes that follow from the import.

    Raises:
        InvalidInputError: if nothing in the program has a date.
        ConflictError: if it contradicts what the database holds about others or about the past.
    """
    period = program_period(program)
    program = canonical(program)
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        await _write_people(connection, program)
        await _write_services(connection, program)
        await _write_blocks(connection, program, period)
        ended, archived = await _end_others(connection, program, period, actor) if publish else (0, 0)
        await _write_coverage(connection, program, period, whole=publish)
        await _write_absences(connection, program, period)
        await _write_duty_logs(connection, program, actor)
        await _run(
            connection, "hours_approvals_upsert", _json([asdict(row) for row in program.hours_approvals])
        )
        input_hash = schedule_hash(program, period.start, period.end)
        found = await find_version(connection, input_hash)
        version_id = found.id if found else await _add_version(connection, program, period, input_hash, actor)
        published = found is not None and found.published
        superseded: tuple[UUID, ...] = ()
        if publish and not published:
            superseded = await publish_version(connection, version_id, actor)
        outcome = ImportOutcome(
            version_id=version_id,
            created=found is None,
            published=publish or published,
            superseded=superseded,
            people=len(program.people),
            services=len(program.services),
            assignments=len(program.assignments),
            people_ended=ended,
            services_archived=archived,
            recipients=len(await alert_recipients(connection)),
            newly_published=publish and not published,
        )
        if then is not None:
            await then(connection, outcome)
    return outcome


async def _end_others(
    connection: AsyncConnection, program: Program, period: Period, actor: str
) -> tuple[int, int]:
    """End people and archive services that a published bundle does not name; how many of each."""
    people = [person.id for person in program.people]
    ended = await connection.exec_driver_sql(statement("people_end_others"), (people, period.start))
    services = [service.abbreviation for service in program.services]
    archived = await connection.exec_driver_sql(statement("services_archive_others"), (services, actor))
    return len(ended.all()), len(archived.all())


async def _run(connection: AsyncConnection, name: str, *parameters: object) -> None:
    await connection.exec_driver_sql(statement(name), parameters)


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(list(rows), default=str)


async def _write_people(connection: AsyncConnection, program: Program) -> None:
    people = await _with_pseudonyms(connection, program.people)
    rows = _json([{**asdict(person), "external_id": person.id} for person in people])
    services = _json([{"abbreviation": row.abbreviation, "name": row.name} for row in program.services])
    users = _json([asdict(user) for user in program.users])
    await _refuse_values_of_others(connection, rows, services, users)
    await _run(connection, "people_free_unique_values", rows)
    await _run(connection, "people_upsert", rows)
    levels = _json([asdict(level) for level in program.pgy_levels])
    await _refuse_change_of_past(connection, levels, first_academic_year(program))
    await _run(connection, "pgy_levels_upsert", levels)
    await _run(connection, "users_free_emails", users)
    await _run(connection, "users_upsert", users)


async def _with_pseudonyms(connection: AsyncConnection, people: Sequence[Person]) -> list[Person]:
    """The people with the bundle's pseudonym, else the one they have, else a new one."""
    stored = await connection.execute(select(PersonRow.external_id, PersonRow.pseudonym))
    kept = {row.external_id: row.pseudonym for row in stored}
    claimed = {person.pseudonym: person.id for person in people if person.pseudonym}
    taken = {*kept.values(), *claimed}
    named: list[Person] = []
    for person in people:
        if person.pseudonym is None and kept.get(person.id) in claimed:
            raise _belongs_to_other("people", claimed[kept[person.id]], "pseudonym", person.id)
        pseudonym = person.pseudonym or kept.get(person.id) or _new_pseudonym(person.type, taken)
        taken.add(pseudonym)
        named.append(replace(person, pseudonym=pseudonym))
    return named


def _new_pseudonym(person_type: PersonType, taken: Container[str]) -> str:
    while True:
        code = "".join(secrets.choice(_PSEUDONYM_LETTERS) for _ in range(4))
        pseudonym = f"{_PSEUDONYM_PREFIX[person_type]}-{code}"
        if pseudonym not in taken:
            return pseudonym


def _belongs_to_other(sheet: str, key: str, field: str, holder: str) -> ConflictError:
    return ConflictError(
        f"{sheet}: the {field} of {key} already belongs to {holder}; nothing was loaded. "
        f"Give {key} another one, or let the bundle give {holder} another one too"
    )


async def _refuse_values_of_others(
    connection: AsyncConnection, people: str, services: str, users: str
) -> None:
    found = await connection.exec_driver_sql(statement("unique_values_of_others"), (people, services, users))
    row = found.first()
    if row is not None:
        raise _belongs_to_other(row.sheet, row.key, row.field, row.holder)


async def _refuse_change_of_past(connection: AsyncConnection, levels: str, first_year: int | None) -> None:
    if first_year is None:
        return
    found = await connection.exec_driver_sql(statement("pgy_levels_in_the_past"), (levels, first_year))
    row = found.first()
    if row is not None:
        raise ConflictError(
            f"academic_years: {row.person} was PGY-{row.pgy_level} in {row.academic_year}, the bundle says "
            f"PGY-{row.pgy}; nothing was loaded. A year that ended before the bundle begins is history"
        )


async def _write_services(connection: AsyncConnection, program: Program) -> None:
    rows = _json(
        [{**asdict(service), "counts_as_duty": service.counts_as_duty} for service in program.services]
    )
    await _run(connection, "services_free_names", rows)
    await _run(connection, "services_upsert", rows)


async def _write_blocks(connection: AsyncConnection, program: Program, period: Period) -> None:
    """Both halves of every day of every academic year that the schedule or the calendar touches."""
    special = {entry.day: entry for entry in program.calendar}
    last = period.end - timedelta(days=1)
    touched = set(range(academic_year(period.start), academic_year(last) + 1))
    touched |= {academic_year(day) for day in special}
    rows = [
        _block(day, special.get(day, CalendarDay(day)))
        for year in sorted(touched)
        for day in _days(academic_year_period(year))
    ]
    await _run(connection, "blocks_upsert", _json(rows))


def _days(period: Period) -> list[date]:
    return [period.start + timedelta(days=offset) for offset in range(period.days)]


def _block(day: date, entry: CalendarDay) -> dict[str, Any]:
    return {
        "date": day,
        "academic_year": academic_year(day),
        "block_number": academic_block(day),
        "is_weekend": is_weekend(day),
        "is_holiday": entry.is_holiday,
        "holiday_name": entry.holiday_name or None,
        "actual_date": entry.actual_date,
        "day_type": entry.day_type,
        "intent": DAY_TYPE_INTENT[entry.day_type],
    }


async def _write_coverage(
    connection: AsyncConnection, program: Program, period: Period, *, whole: bool
) -> None:
    """From its first day on the bundle says all about its services; what held before stays as history.

    With ``whole`` it says all there is: services that it does not name ask for nobody any more.
    """
    first_year = first_academic_year(program)
    first_day = period.start
    if first_year is not None:
        first_day = min(first_day, academic_year_period(first_year).start)
    services = [service.abbreviation for service in program.services]
    if whole:
        services = list(await connection.scalars(select(ServiceRow.abbreviation)))
    rows = _json([_coverage_row(row, first_day) for row in program.coverage])
    await _run(connection, "coverage_end_former", services, first_day)
    await _run(connection, "coverage_delete_other", services, first_day, rows)
    await _run(connection, "coverage_insert_missing", rows)


def _coverage_row(row: CoverageRequirement, first_day: date) -> dict[str, Any]:
    return {**asdict(row), "date": row.day, "valid_from": row.day or row.valid_from or first_day}


async def _write_absences(connection: AsyncConnection, program: Program, period: Period) -> None:
    rows = _json([asdict(absence) for absence in program.absences])
    people = [person.id for person in program.people]
    await _run(connection, "absences_upsert", rows)
    await _run(connection, "absences_cancel_missing", people, period.start, period.end, rows)


async def _write_duty_logs(connection: AsyncConnection, program: Program, actor: str) -> None:
    rows = [{**asdict(log), "starts_at": log.start, "ends_at": log.end} for log in program.duty_logs]
    await _run(connection, "duty_logs_upsert", _json(rows), actor)


async def _add_version(
    connection: AsyncConnection, program: Program, period: Period, input_hash: str, actor: str
) -> UUID:
    version_id = await add_imported_version(connection, period, len(program.assignments), input_hash)
    of_person = await connection.execute(select(PersonRow.external_id, PersonRow.id))
    of_service = await connection.execute(select(ServiceRow.abbreviation, ServiceRow.id))
    people, services = dict(of_person.tuples().all()), dict(of_service.tuples().all())
    await insert_assignments(
        connection,
        version_id,
        program.assignments,
        [people[person.id] for person in program.people],
        [services[service.abbreviation] for service in program.services],
        actor,
    )
    rotations = [
        {
            **asdict(row),
            "academic_year": academic_year(row.start_date),
            "block_number": academic_block(row.start_date),
        }
        for row in program.rotations
    ]
    await _run(connection, "rotations_insert", version_id, _json(rotations))
    zone = ZoneInfo(program.timezone)
    call = [
        {
            **asdict(shift),
            "starts_at": shift.start,
            "ends_at": shift.end,
            "date": shift.start.astimezone(zone).date(),
        }
        for shift in program.call_shifts
    ]
    await _run(connection, "call_shifts_insert", version_id, _json(call))
    return version_id
