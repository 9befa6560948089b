"""Versions of the schedule: drafted, published, superseded, found again, their changes counted."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import func, select, update

from residency.errors import NotFoundError
from residency.program.extent import program_period
from residency.program.snapshot import Snapshot
from residency.store.program_loader import latest_change_count
from residency.store.program_writer import import_program
from residency.store.snapshots import load_snapshot
from residency.store.tables import AssignmentRow, ScheduleVersion
from residency.store.versions import find_version, has_versions, publish_version

ZONE = "Pacific/Honolulu"
MONDAY = date(2026, 7, 6)


async def test_a_draft_is_published_by_a_second_import(engine, program):
    draft = await import_program(engine, program, publish=False)
    assert not draft.published
    assert (await load_snapshot(engine, program_period(program), ZONE)).version_ids == ()
    published = await import_program(engine, program, publish=True)
    assert (published.version_id, published.created, published.published) == (draft.version_id, False, True)
    assert (await load_snapshot(engine, program_period(program), ZONE)).version_ids == (draft.version_id,)


async def test_publishing_supersedes_every_version_it_overlaps(engine, store, program):
    def moved(days):
        days = program.assignments.day + np.timedelta64(days, "D")
        return replace(program, coverage=(), assignments=replace(program.assignments, day=days))

    before = await import_program(engine, moved(-28), publish=True)
    first = await import_program(engine, moved(0), publish=True)
    second = await import_program(engine, moved(5), publish=True)
    assert (first.superseded, second.superseded) == ((), ())
    third = await import_program(engine, moved(3), publish=True)
    assert third.superseded == tuple(sorted([first.version_id, second.version_id]))
    states = dict(await store.rows(ScheduleVersion, ScheduleVersion.id, ScheduleVersion.publication))
    assert states == {
        before.version_id: "published",
        first.version_id: "superseded",
        second.version_id: "superseded",
        third.version_id: "published",
    }
    back = await import_program(engine, moved(0), publish=True)
    assert (back.version_id, back.superseded) == (first.version_id, (third.version_id,))


async def test_a_version_has_its_days_counts_and_fingerprint(engine, program):
    outcome = await import_program(engine, program, publish=True, actor="tester")
    async with engine.connect() as connection:
        version = (await connection.execute(select(ScheduleVersion.__table__))).one()
    assert (version.start_date, version.end_date, version.academic_year) == (MONDAY, date(2026, 7, 11), 2026)
    assert (version.algorithm, version.run_status, version.assignments_count) == ("import", "success", 10)
    assert (version.published_by, version.id) == ("tester", outcome.version_id)
    assert version.published_at is not None
    assert len(version.input_hash) == 64


async def test_a_version_can_be_asked_for_by_id(engine, store, program, as_rows):
    draft = await import_program(engine, program, publish=False)
    assert (await store.load()).assignments.person.size == 0
    assert as_rows(await store.load(version_id=draft.version_id)) == as_rows(program)
    period = program_period(program)
    loaded = await load_snapshot(engine, period, ZONE, version_id=draft.version_id)
    assert loaded.version_ids == (draft.version_id,)
    assert loaded.snapshot.input_hash == Snapshot.of(program, period).input_hash
    unknown = uuid4()
    with pytest.raises(NotFoundError, match=f"there is no schedule version {unknown}"):
        await store.load(version_id=unknown)
    async with engine.begin() as connection:
        with pytest.raises(NotFoundError):
            await publish_version(connection, unknown, "tester")


async def test_changes_are_counted_from_an_instant_on(engine, program):
    outcome = await import_program(engine, program, publish=True)
    versions = (outcome.version_id,)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    async with engine.begin() as connection:
        assert await latest_change_count(connection, versions, long_ago) == 0
        ids = (await connection.execute(select(AssignmentRow.id).limit(3))).scalars().all()
        changed = update(AssignmentRow).where(AssignmentRow.id.in_(ids))
        await connection.execute(changed.values(updated_at=func.now() + timedelta(hours=1)))
        assert await latest_change_count(connection, versions, long_ago) == 3
        assert await latest_change_count(connection, versions, datetime.now(UTC) + timedelta(hours=2)) == 0
        assert await latest_change_count(connection, (uuid4(),), long_ago) == 0
        assert await latest_change_count(connection, (), long_ago) == 0


async def test_versions_are_found_by_their_fingerprint(engine, program):
    async with engine.connect() as connection:
        assert not await has_versions(connection)
    outcome = await import_program(engine, program, publish=False)
    async with engine.begin() as connection:
        assert await has_versions(connection)
        (input_hash,) = (await connection.execute(select(ScheduleVersion.input_hash))).scalars()
        found = await find_version(connection, input_hash)
        assert (found.id, found.published) == (outcome.version_id, False)
        assert await find_version(connection, "0" * 64) is None
        await connection.execute(update(ScheduleVersion).values(publication="archived"))
    assert (await import_program(engine, program, publish=False)).created
