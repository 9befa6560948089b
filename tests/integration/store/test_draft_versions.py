"""A draft made of a fallback is the published schedule but where, and only where, the fallback is needed."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import select, text

from residency.errors import ConflictError, InvalidInputError, NotFoundError
from residency.importing.sample import sample_program
from residency.program.calendar import HALVES, Period
from residency.program.records import ROLES, Rotation
from residency.scheduling.fallback_results import EmptySlots, FallbackCells, FallbackResult, MovedCall
from residency.store.draft_versions import draft_from_fallback
from residency.store.fallback_schedules import (
    fallback_days_left,
    find_fallback,
    list_fallbacks,
    load_fallback,
    mark_stale,
    save_fallback,
)
from residency.store.program_writer import import_program
from residency.store.tables import (
    AbsenceRow,
    AssignmentRow,
    BlockRow,
    CallShiftRow,
    PersonRow,
    RotationRow,
    ScheduleVersion,
    ServiceRow,
)

START = date(2026, 8, 3)
DAYS = Period.horizon(START + timedelta(days=3), 21)
NOW = datetime(2026, 8, 1, tzinfo=UTC)
KEPT = ("source", "locked", "cause_id", "override_reason", "override_by", "notes", "confidence", "created_by")


@pytest.fixture
async def published(engine):
    """A program of four weeks in two published versions, with notes and overrides on some rows."""
    program = sample_program(people=29, days=28, seed=3, start=START, timezone="UTC")
    one, two = (each.id for each in program.people[:2])
    where = program.services[0].abbreviation
    rotations = tuple(
        Rotation(person, where, START + timedelta(days=first), START + timedelta(days=last))
        for person, first, last in ((one, 0, 20), (two, 0, 5), (two, 15, 20))
    )
    program = replace(program, rotations=rotations)
    first = (await import_program(engine, program, publish=True, actor="test")).version_id
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL residency.reason = 'split for the test'"))
        second = await connection.scalar(
            text(
                "INSERT INTO schedule_versions (academic_year, start_date, end_date, algorithm, run_status, "
                "input_hash) VALUES (2026, :start, :end, 'manual', 'success', 'second') RETURNING id"
            ),
            {"start": START + timedelta(days=14), "end": START + timedelta(days=28)},
        )
        middle = {"id": second, "day": START + timedelta(days=14)}
        for statement in (
            "UPDATE schedule_versions SET end_date = :day WHERE publication = 'published'",
            "UPDATE assignments SET version_id = :id FROM blocks WHERE blocks.id = block_id AND date >= :day",
            "UPDATE call_shifts SET version_id = :id WHERE starts_at >= :day",
            "INSERT INTO rotations (version_id, person_id, service_id, start_date, end_date, academic_year, "
            "block_number) SELECT :id, person_id, service_id, start_date, end_date, academic_year, "
            "block_number FROM rotations WHERE end_date >= :day",
            "UPDATE schedule_versions SET publication = 'published' WHERE id = :id",
            "UPDATE assignments SET notes = 'a note', override_reason = 'agreed', override_by = 'chief', "
            "source = 'swap', created_by = 'chief', confidence = 0.5 WHERE get_byte(uuid_send(id), 15) < 40",
            "UPDATE assignments SET locked = get_byte(uuid_send(id), 14) < 60",
        ):
            used = {name: value for name, value in middle.items() if f":{name}" in statement}
            await connection.execute(text(statement), used)
    return program, (first, second)


def repaired(program, lost, seed):
    """A fallback that gives a third of all cells another service, or none, or one where there was none."""
    rng = np.random.default_rng(seed)
    people = tuple(person.id for person in program.people)
    services = tuple(service.abbreviation for service in program.services)
    grid = np.full((len(people), DAYS.blocks), -1)
    role = np.zeros((len(people), DAYS.blocks), np.int8)
    offset = (program.assignments.day - np.datetime64(DAYS.start, "D")).astype(int)
    inside = (offset >= 0) & (offset < DAYS.days)
    at = program.assignments.person[inside], (2 * offset + program.assignments.half)[inside]
    grid[at], role[at] = program.assignments.service[inside], program.assignments.role[inside]
    other = rng.random(grid.shape) < 0.3
    grid[other] = rng.integers(-1, len(services), other.sum())
    role[other] = rng.integers(0, 2, other.sum())
    person, block = np.nonzero(grid >= 0)
    cells = FallbackCells(
        people,
        services,
        person.astype(np.int32),
        block.astype(np.int32),
        grid[person, block],
        role[person, block],
    )
    calls = tuple(
        MovedCall(shift.person, shift.start, shift.end, None, first, first + 1)
        for shift in program.call_shifts
        if shift.person in lost
        for first in [2 * (shift.start.date() - DAYS.start).days + 1]
        if 0 <= first < DAYS.blocks
    )
    return grid, role, cells, calls


EMPTY = (EmptySlots("Clinic", 3, 2),)


def fallback_of(lost, cells, calls=(), *, input_hash="h", unfilled=EMPTY, **others):
    return FallbackResult(
        **{
            "scenario": "2_faculty_loss",
            "subject": tuple(lost),
            "parameters": {"top_k": 10},
            "period": DAYS,
            "input_hash": input_hash,
            "cells": cells,
            "calls": calls,
            "coverage": 0.9,
            "changes": 5,
            "unfilled": unfilled,
            "violations": ("F-A works too long.",),
            "services_reduced": ("Procedures",),
            "assumptions": ("They are lost for good.",),
            "layer": "exact",
            "gap": 0.01,
            **others,
        }
    )


async def content(engine, versions):
    """All columns that are to be kept, by person, day and half."""
    held = (
        select(PersonRow.external_id, BlockRow.date, BlockRow.half, ServiceRow.abbreviation, AssignmentRow)
        .join(BlockRow, BlockRow.id == AssignmentRow.block_id)
        .join(PersonRow, PersonRow.id == AssignmentRow.person_id)
        .join(ServiceRow, ServiceRow.id == AssignmentRow.service_id)
        .where(AssignmentRow.version_id.in_(versions))
    )
    async with engine.connect() as connection:
        return {
            (row.external_id, row.date, row.half): (
                row.abbreviation,
                row.role,
                {name: getattr(row, name) for name in KEPT},
            )
            for row in await connection.execute(held)
        }


async def rows_of(engine, table, versions, *columns):
    async with engine.connect() as connection:
        found = await connection.execute(select(*columns).where(table.version_id.in_(versions)))
        return sorted(map(tuple, found), key=str)


async def away(engine, person, first, last, kind, status="approved"):
    async with engine.begin() as connection:
        who = await connection.scalar(select(PersonRow.id).where(PersonRow.external_id == person))
        connection_row = AbsenceRow.__table__.insert().values(
            person_id=who,
            start_date=first,
            end_date=last,
            start_half="PM",
            type=kind,
            status=status,
            away_from_program=False,
            created_by="test",
        )
        await connection.execute(connection_row)


def expected(program, before, grid, role, lost, blocks):
    """The draft's content, cell by cell."""
    now = dict(before)
    for row, person in enumerate(program.people):
        for block in blocks:
            key = person.id, DAYS.day(block), HALVES[block % 2]
            held = before.get(key)
            service = grid[row, block]
            wanted = None
            if service >= 0:
                wanted = program.services[service].abbreviation, str(ROLES[role[row, block]])
            if held is not None and (held[:2] == wanted or (held[2]["locked"] and person.id not in lost)):
                continue
            now.pop(key, None)
            if wanted is not None:
                now[key] = (*wanted, dict.fromkeys(KEPT) | {
                    "source": "absence_repair", "locked": False, "created_by": "chief of staff"
                })  # fmt: skip
    return now


async def test_the_draft_is_the_published_schedule_but_where_the_fallback_is_needed(engine, published):
    program, versions = published
    often = Counter(shift.person for shift in program.call_shifts).most_common()
    lost = tuple(person for person, _ in often[:2])
    grid, role, cells, calls = repaired(program, lost, 1)
    taker = often[-1][0]
    theirs = [shift for shift in program.call_shifts if shift.person == taker]
    calls = tuple(
        replace(call, to=None if number % 2 or any(overlaps(call, each) for each in theirs) else taker)
        for number, call in enumerate(calls)
    )
    assert any(call.to is None for call in calls)
    assert any(call.to for call in calls)
    async with engine.connect() as connection:
        await connection.execute(
            AbsenceRow.__table__.delete().where(AbsenceRow.person_id.in_(
                select(PersonRow.id).where(PersonRow.external_id.in_(lost))))
        )  # fmt: skip
        await connection.commit()
    async with engine.begin() as connection:
        stored = await save_fallback(connection, fallback_of(lost, cells, calls), at=NOW, run_id=None)
    before = await content(engine, versions)
    start = DAYS.start + timedelta(days=2)
    all_blocks = range(4, DAYS.blocks)
    # A day on which the schedule was made around somebody's leave tells of no loss.
    idle = next(
        DAYS.day(block)
        for block in range(31, DAYS.blocks, 2)
        if (lost[0], DAYS.day(block), HALVES[1]) not in before
    )
    # Deployment from the afternoon of day 5 to day 7, then seven days of recovery: to day 14.
    for blocks, absence in (
        (all_blocks, None),
        (all_blocks, (DAYS.day(40), DAYS.day(42), "vacation", "anticipated")),
        (all_blocks, (idle, idle, "vacation", "approved")),
        (
            sorted({*range(11, 30), 2 * (idle - DAYS.start).days + 1}),
            (DAYS.day(10), DAYS.day(14), "deployment", "confirmed"),
        ),
    ):
        if absence is not None:
            await away(engine, lost[0], *absence)
        async with engine.begin() as connection:
            fallback = await load_fallback(connection, stored)
            draft = await draft_from_fallback(connection, fallback, start, "chief of staff")
        after = await content(engine, [draft])
        assert after == expected(program, before, grid, role, lost, blocks)
        assert sum(a != before.get(key) for key, a in after.items()) > 50
        async with engine.connect() as connection:
            version = (await connection.execute(select(ScheduleVersion.__table__).filter_by(id=draft))).one()
        assert (version.start_date, version.end_date) == (START, START + timedelta(days=28))
        assert (version.publication, version.run_status, version.algorithm) == ("draft", "partial", "cp_sat")
        assert (version.parent_version_id, version.assignments_count) == (versions[0], len(after))
        assert version.config["half_days"] == len(blocks)
        shifts = CallShiftRow.person_id, CallShiftRow.starts_at, CallShiftRow.ends_at, CallShiftRow.kind
        moved = {
            (call.person, call.start): call.to for call in calls if call.first_block in blocks and call.to
        }
        names = await by_id(engine)
        assert await rows_of(engine, CallShiftRow, [draft], *shifts) == sorted(
            (
                (names[moved[key]] if (key := (names[row[0]], row[1])) in moved else row[0], *row[1:])
                for row in await rows_of(engine, CallShiftRow, versions, *shifts)
            ),
            key=str,
        )
        rotation = (
            RotationRow.person_id,
            RotationRow.service_id,
            RotationRow.start_date,
            RotationRow.end_date,
        )
        kept = await rows_of(engine, RotationRow, [draft], *rotation)
        assert kept == sorted(set(await rows_of(engine, RotationRow, versions, *rotation)), key=str)
        assert len(kept) == 3
    assert (await content(engine, versions)) == before


def overlaps(one, other):
    return one.start < other.end and other.start < one.end


async def by_id(engine):
    """Own ids by row ids, and the other way round."""
    async with engine.connect() as connection:
        found = (await connection.execute(select(PersonRow.id, PersonRow.external_id))).tuples().all()
    return dict(found) | {name: id_ for id_, name in found}


async def test_a_fallback_that_cannot_be_used_is_refused_with_the_reason(engine, published):
    program, _ = published
    lost = (program.people[0].id,)
    _, _, cells, _ = repaired(program, lost, 2)

    async def drafted(fallback, start=DAYS.start, **how):
        async with engine.begin() as connection:
            return await draft_from_fallback(connection, fallback, start, "test", **how)

    async with engine.begin() as connection:
        usable = await save_fallback(connection, fallback_of(lost, cells, unfilled=()), at=NOW, run_id=None)
        hopeless = await save_fallback(
            connection, fallback_of(lost, None, input_hash="none"), at=NOW, run_id=None
        )
        usable, hopeless = [await load_fallback(connection, each) for each in (usable, hopeless)]
    assert (usable.status, hopeless.status) == ("ready", "draft")
    with pytest.raises(ConflictError, match="has no schedule"):
        await drafted(hopeless)
    with pytest.raises(InvalidInputError, match="the last that the fallback covers"):
        await drafted(usable, DAYS.end)
    assert await drafted(usable)
    async with engine.begin() as connection:
        assert await mark_stale(connection, [usable.id, hopeless.id], NOW) == 1
        assert await mark_stale(connection, [usable.id], NOW) == 0
        stale = await load_fallback(connection, usable.id)
    with pytest.raises(ConflictError, match="is stale"):
        await drafted(stale)
    assert await drafted(stale, stale_too=True, whole_period=True)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE schedule_versions SET publication = 'superseded'"))
    with pytest.raises(ConflictError, match="nothing is published"):
        await drafted(stale, stale_too=True)


async def test_one_row_for_each_state_of_the_inputs(engine, published):
    program, _ = published
    a, b = (each.id for each in program.people[:2])
    _, _, cells, _ = repaired(program, (a,), 4)
    today = DAYS.start
    async with engine.begin() as connection:
        assert await fallback_days_left(connection, today) is None
        first = await save_fallback(connection, fallback_of((a, b), cells), at=NOW, run_id=None)
        assert await save_fallback(connection, fallback_of((b, a), cells), at=NOW, run_id=None) == first
        again = await load_fallback(connection, first)
        assert (again.revision, set(again.people), again.unfilled_slots) == (2, {a, b}, 2)
        assert again.unfilled == ({"post": "Clinic", "date": "2026-08-07", "half": "PM", "slots": 2},)
        assert await find_fallback(connection, "2_faculty_loss", {a, b}, valid_on=today) == again
        assert await find_fallback(connection, "2_faculty_loss", [a], valid_on=today) is None
        assert await find_fallback(connection, "2_faculty_loss", [a, b], valid_on=DAYS.end) is None
        assert await fallback_days_left(connection, today) == 21
        assert await fallback_days_left(connection, DAYS.end + timedelta(days=9)) == 0
        await mark_stale(connection, [first], NOW)
        assert await fallback_days_left(connection, today) == 0
        # The same inputs again: what was undone makes the row ready once more, in place of a second one.
        await save_fallback(connection, fallback_of((a, b), cells, changes=7), at=NOW, run_id=None)
        revived = await load_fallback(connection, first)
        assert (revived.status, revived.changes, revived.stale_since) == ("ready", 7, None)
        await connection.execute(text("UPDATE fallback_schedules SET status = 'active'"))
        assert await save_fallback(connection, fallback_of((a, b), cells), at=NOW, run_id=None) == first
        assert (await load_fallback(connection, first)).changes == 7
        assert await mark_stale(connection, [first], NOW) == 0
        await save_fallback(
            connection, fallback_of((a,), cells, scenario="1_faculty_loss"), at=NOW, run_id=None
        )
        listed = await list_fallbacks(connection)
        assert [each.scenario for each in listed] == ["1_faculty_loss", "2_faculty_loss"]
        assert await list_fallbacks(connection, statuses=("active",), valid_on=today) == [listed[1]]
        assert await list_fallbacks(connection, scenario="1_faculty_loss") == [listed[0]]
        with pytest.raises(NotFoundError, match="no people X-1"):
            await save_fallback(connection, fallback_of(("X-1",), cells), at=NOW, run_id=None)
