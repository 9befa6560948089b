"""An import that is refused, fails or is killed leaves nothing; two at once make one."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from residency.errors import ConflictError, InvalidInputError
from residency.program.records import Assignments, Person, PgyLevel, Program, Service, User
from residency.program.vocabulary import PersonType, ServiceKind, UserRole
from residency.store.program_writer import import_program
from residency.store.tables import PersonAcademicYearRow

ZONE = "Pacific/Honolulu"
MONDAY = date(2026, 7, 6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"people": (Person("X", "X", PersonType.FACULTY, email="r1@example.org"),)},
            "people: the email of X already belongs to R1; nothing was loaded",
        ),
        (
            {"people": (Person("X", "X", PersonType.FACULTY, pseudonym="R-A"),)},
            "people: the pseudonym of X already belongs to R1; nothing was loaded",
        ),
        (
            {
                "people": (
                    Person("R1", "X", PersonType.FACULTY),
                    Person("X", "X", PersonType.FACULTY, pseudonym="R-A"),
                )
            },
            "people: the pseudonym of X already belongs to R1; nothing was loaded",
        ),
        (
            {"services": (Service("X", "Ward", ServiceKind.OUTPATIENT),)},
            "services: the name of X already belongs to W; nothing was loaded",
        ),
        (
            {"users": (User("other", "boss@example.org", UserRole.MSA),)},
            "users: the email of other already belongs to boss; nothing was loaded",
        ),
    ],
)
async def test_what_belongs_to_others_is_refused_and_nothing_changes(
    engine, store, schedule, program, change, message
):
    await import_program(engine, program, publish=True)
    before = await store.contents()
    base = Program(
        timezone=ZONE,
        people=(Person("N", "N", PersonType.FACULTY),),
        services=(Service("N", "N", ServiceKind.OUTPATIENT),),
        assignments=schedule((0, 0, MONDAY, 0)),
    )
    with pytest.raises(ConflictError, match=message):
        await import_program(engine, replace(base, **change), publish=True)
    assert await store.contents() == before


async def test_a_past_academic_year_is_never_rewritten(engine, store, program):
    earlier = replace(program, pgy_levels=(PgyLevel("R1", 2025, 1), PgyLevel("R1", 2026, 2)))
    await import_program(engine, earlier, publish=True)
    before = await store.contents()
    wrong = replace(program, pgy_levels=(PgyLevel("R1", 2025, 2),))
    with pytest.raises(
        ConflictError, match="R1 was PGY-1 in 2025, the bundle says PGY-2; nothing was loaded"
    ):
        await import_program(engine, wrong, publish=True)
    assert await store.contents() == before
    await import_program(engine, replace(program, pgy_levels=(PgyLevel("R1", 2026, 3),)), publish=True)
    assert await store.rows(
        PersonAcademicYearRow,
        PersonAcademicYearRow.academic_year,
        PersonAcademicYearRow.pgy_level,
    ) == [(2025, 1), (2026, 3)]


async def test_an_import_that_fails_late_leaves_nothing(engine, owner, store, program):
    """The last thing an import does fails here, after everything else was written."""
    async with owner.begin() as connection:
        await connection.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'refused'; END $$"
            )
        )
        await connection.execute(
            text(
                "CREATE TRIGGER refuse BEFORE UPDATE ON schedule_versions "
                "FOR EACH ROW WHEN (NEW.publication = 'published') EXECUTE FUNCTION refuse()"
            )
        )
    with pytest.raises(DBAPIError, match="refused"):
        await import_program(engine, program, publish=True)
    assert set((await store.counts()).values()) == {0}


async def test_an_import_killed_in_the_middle_leaves_nothing(engine, store, database_url, program, postgres):
    """Its connection is cut while it waits; what it had written is gone and a second import succeeds."""
    async with engine.connect() as blocker:
        await blocker.execute(text("LOCK TABLE call_shifts IN ACCESS EXCLUSIVE MODE"))
        running = asyncio.create_task(import_program(engine, program, publish=True))
        waiting = text(
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        for _ in range(200):
            await asyncio.sleep(0.05)
            pid = (await blocker.execute(waiting)).scalar_one_or_none()
            if pid is not None:
                break
        assert pid is not None
        await blocker.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(DBAPIError):
            await running
        await blocker.rollback()
    assert set((await store.counts()).values()) == {0}
    assert (await import_program(engine, program, publish=True)).created


async def test_two_imports_at_once_make_one_version(engine, store, program):
    first, second = await asyncio.gather(
        import_program(engine, program, publish=True), import_program(engine, program, publish=True)
    )
    assert first.version_id == second.version_id
    assert {first.created, second.created} == {True, False}
    assert (await store.counts())["assignments"] == 10


async def test_a_program_without_dates_is_refused(engine, store, program):
    undated = replace(program, assignments=Assignments.empty(), coverage=())
    with pytest.raises(InvalidInputError, match="assignments: '' is not valid"):
        await import_program(engine, undated, publish=True)
    assert set((await store.counts()).values()) == {0}
