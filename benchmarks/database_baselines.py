"""Moving a schedule in and out of the database as the first program would: row by row, through the ORM."""

from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from residency.program.calendar import HALVES
from residency.program.records import ROLE_CODES, ROLES, SOURCE_CODES, SOURCES, Assignments, Program
from residency.store.tables import AssignmentRow, BlockRow, PersonRow, ScheduleVersion, ServiceRow


async def load_by_rows(engine: AsyncEngine, program: Program) -> Assignments:
    """The published assignments as ORM objects with their block, turned into columns by a loop.

    Args:
        engine: the program's database.
        program: who and what the assignments' numbers refer to.
    """
    people = {person.id: row for row, person in enumerate(program.people)}
    services = {service.abbreviation: row for row, service in enumerate(program.services)}
    wanted = (
        select(AssignmentRow, BlockRow)
        .join(BlockRow, AssignmentRow.block_id == BlockRow.id)
        .join(ScheduleVersion, AssignmentRow.version_id == ScheduleVersion.id)
        .where(ScheduleVersion.publication == "published")
    )
    async with AsyncSession(engine) as session:
        who = {row.id: people[row.external_id] for row in await session.scalars(select(PersonRow))}
        what = {row.id: services[row.abbreviation] for row in await session.scalars(select(ServiceRow))}
        rows = [
            (
                who[assignment.person_id],
                what[assignment.service_id],
                block.date,
                HALVES.index(block.half),
                ROLE_CODES[assignment.role],
                SOURCE_CODES[assignment.source],
                assignment.locked,
            )
            for assignment, block in await session.execute(wanted)
        ]
    person, service, day, half, role, source, locked = zip(*rows, strict=True)
    return Assignments(
        person=np.array(person, np.int32),
        service=np.array(service, np.int32),
        day=np.array(day, "datetime64[D]"),
        half=np.array(half, np.int8),
        role=np.array(role, np.int8),
        source=np.array(source, np.int8),
        locked=np.array(locked, np.bool_),
    )


async def insert_by_rows(engine: AsyncEngine, program: Program) -> UUID:
    """A version with a program's assignments, inserted by ``executemany`` with ids looked up in dicts.

    Args:
        engine: a database that holds the program's people, services and blocks, and a version of it.
        program: the program.
    """
    v = ScheduleVersion
    copied = v.academic_year, v.start_date, v.end_date, v.algorithm, v.run_status, v.input_hash
    copy = insert(v).from_select([column.key for column in copied], select(*copied).limit(1))
    async with engine.begin() as connection:
        made: UUID = (await connection.execute(copy.returning(v.id))).scalar_one()
        of_person = select(PersonRow.external_id, PersonRow.id)
        of_service = select(ServiceRow.abbreviation, ServiceRow.id)
        of_block = select(BlockRow.date, BlockRow.half, BlockRow.id)
        people = dict((await connection.execute(of_person)).tuples().all())
        services = dict((await connection.execute(of_service)).tuples().all())
        blocks = {(day, half): id_ for day, half, id_ in await connection.execute(of_block)}
        rows = program.assignments
        columns = rows.person, rows.service, rows.day, rows.half, rows.role, rows.source, rows.locked
        names = [person.id for person in program.people]
        abbreviations = [service.abbreviation for service in program.services]
        lists: list[list[Any]] = [column.tolist() for column in columns]
        values: list[dict[str, Any]] = [
            {
                "version_id": made,
                "block_id": blocks[day, HALVES[half]],
                "person_id": people[names[person]],
                "service_id": services[abbreviations[service]],
                "role": ROLES[role],
                "source": SOURCES[source],
                "locked": locked,
                "created_by": "benchmark",
            }
            for person, service, day, half, role, source, locked in zip(*lists, strict=True)
        ]
        await connection.execute(insert(AssignmentRow), values)
    return made
