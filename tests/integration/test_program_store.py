"""Programs in and out of a real database: whole, once, and the same afterwards."""

import asyncio
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given, settings
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from residency.errors import ConflictError, InvalidInputError, NotFoundError
from residency.importing.bundle import read_program
from residency.importing.sample import sample_program
from residency.importing.writing import write_bundle
from residency.program.calendar import CalendarDay, Period, academic_block, academic_year
from residency.program.canonical import canonical
from residency.program.extent import first_academic_year, program_period
from residency.program.records import (
    Absence,
    Assignments,
    CallShift,
    CoverageRequirement,
    DutyLog,
    Person,
    PgyLevel,
    Program,
    Service,
    User,
)
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import (
    AbsenceStatus,
    AbsenceType,
    CallKind,
    DayType,
    Half,
    PersonType,
    ServiceKind,
    UserRole,
)
from residency.settings import Settings
from residency.store.program_loader import latest_change_count, load_program
from residency.store.program_writer import import_program
from residency.store.snapshots import load_snapshot
from residency.store.tables import (
    AbsenceRow,
    AssignmentRow,
    Base,
    BlockRow,
    CallShiftRow,
    CoverageRequirementRow,
    DutyLogRow,
    PersonAcademicYearRow,
    PersonRow,
    ScheduleVersion,
    ServiceRow,
    UserRow,
)
from residency.store.versions import find_version, has_versions, publish_version

ZONE = "Pacific/Honolulu"
MONDAY = date(2026, 7, 6)


def schedule(*rows):
    """Assignments from (person, service, day, half) rows."""
    person, service, day, half = zip(*rows, strict=True)
    count = len(rows)
    return Assignments(
        person=np.array(person, np.int32),
        service=np.array(service, np.int32),
        day=np.array(day, "datetime64[D]"),
        half=np.array(half, np.int8),
        role=np.zeros(count, np.int8),
        source=np.ones(count, np.int8),
        locked=np.ones(count, np.bool_),
    )


@pytest.fixture
def program():
    """Two people, two services, one week."""
    return canonical(
        Program(
            timezone=ZONE,
            people=(
                Person("F1", "Attending", PersonType.FACULTY, email="f1@example.org", pseudonym="F-A"),
                Person("R1", "Resident", PersonType.RESIDENT, email="r1@example.org", pseudonym="R-A"),
            ),
            pgy_levels=(PgyLevel("R1", 2026, 2),),
            services=(
                Service("C", "Clinic", ServiceKind.OUTPATIENT, needs_supervision=True, load_category=3),
                Service("W", "Ward", ServiceKind.INPATIENT, load_category=1, inpatient=True),
            ),
            coverage=(
                CoverageRequirement("C", Half.AM, 1, weekday=0, maximum=2),
                CoverageRequirement("W", Half.AM, 1, weekday=1, valid_to=date(2026, 12, 31)),
                CoverageRequirement("W", Half.PM, 2, day=date(2026, 7, 10)),
            ),
            assignments=schedule(
                *((row, row, MONDAY + timedelta(days=day), 0) for row in (0, 1) for day in range(5))
            ),
            call_shifts=(
                CallShift(
                    "F1",
                    datetime(2026, 7, 7, 5, tzinfo=UTC),
                    datetime(2026, 7, 7, 17, tzinfo=UTC),
                    CallKind.OVERNIGHT,
                    in_house=True,
                ),
            ),
            absences=(Absence("R1", date(2026, 7, 9), date(2026, 7, 10), AbsenceType.SICK),),
            duty_logs=(
                DutyLog("R1", datetime(2026, 7, 6, 17, tzinfo=UTC), datetime(2026, 7, 7, 4, tzinfo=UTC)),
            ),
            users=(User("boss", "boss@example.org", UserRole.ADMIN, "F1"),),
            calendar=(
                CalendarDay(date(2026, 7, 3), DayType.FEDERAL_HOLIDAY, "Independence Day", date(2026, 7, 4)),
            ),
        )
    )


async def load(engine, timezone=ZONE, **wanted):
    async with engine.connect() as connection:
        return (await load_program(connection, timezone, **wanted)).program


async def counts(engine):
    async with engine.connect() as connection:
        return {
            table.name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in Base.metadata.sorted_tables
        }


async def contents(engine):
    """Every row of every table as text, so that any change shows."""
    async with engine.connect() as connection:
        return {
            table.name: sorted(map(str, await connection.execute(select(table))))
            for table in Base.metadata.sorted_tables
        }


async def rows(engine, table, *columns, order=None):
    async with engine.connect() as connection:
        found = await connection.execute(select(*columns).select_from(table).order_by(*(order or columns)))
        return [tuple(row) for row in found]


async def test_what_was_imported_comes_back(engine, program, as_rows):
    outcome = await import_program(engine, program, publish=True)
    assert (outcome.created, outcome.published, outcome.superseded) == (True, True, ())
    assert (outcome.people, outcome.services, outcome.assignments) == (2, 2, 10)
    assert as_rows(await load(engine)) == as_rows(program)


async def test_any_program_comes_back(engine, named_programs, as_rows):
    """Imported into empty tables, loaded and imported again: the same program and not one row touched."""
    emptied = text(f"TRUNCATE {', '.join(table.name for table in Base.metadata.sorted_tables)}")
    imported = 0

    async def there_and_back(program):
        async with engine.begin() as connection:
            await connection.execute(emptied)
        if first_academic_year(program) is None:
            with pytest.raises(InvalidInputError):
                await import_program(engine, program, publish=True)
            assert set((await counts(engine)).values()) == {0}
            return 0
        outcome = await import_program(engine, program, publish=True)
        loaded = await load(engine, program.timezone)
        assert as_rows(loaded) == as_rows(program)
        before = await contents(engine)
        again = await import_program(engine, loaded, publish=True)
        assert (again.created, again.version_id) == (False, outcome.version_id)
        assert await contents(engine) == before
        return 1

    drawn = []

    @settings(max_examples=40, deadline=None, database=None)
    @given(program=named_programs)
    def draw(program):
        drawn.append(program)

    await asyncio.to_thread(draw)
    for program in drawn:
        imported += await there_and_back(program)
    assert imported > 15


async def test_importing_twice_changes_no_row(engine, program):
    first = await import_program(engine, program, publish=True)
    before = await contents(engine)
    second = await import_program(engine, program, publish=True)
    assert (second.version_id, second.created, second.published) == (first.version_id, False, True)
    assert await contents(engine) == before


async def test_the_sample_survives_the_way_through_database_and_files(engine, tmp_path, as_rows):
    sample = sample_program(29, 120, 1, date(2026, 11, 9), ZONE)
    await import_program(engine, sample, publish=True)
    exported = await load(engine)
    assert as_rows(exported, without={"people"}) == as_rows(sample, without={"people"})
    assert [replace(person, pseudonym=None) for person in exported.people] == list(sample.people)
    write_bundle(exported, tmp_path / "bundle")
    read = read_program(tmp_path / "bundle", Settings(timezone=ZONE, _env_file=None))
    assert as_rows(read) == as_rows(exported)
    before = await counts(engine)
    again = await import_program(engine, read, publish=True)
    assert not again.created
    assert await counts(engine) == before


async def test_pseudonyms_are_random_unique_and_kept_for_ever(engine):
    sample = sample_program(29, 14, 1, date(2026, 11, 9), ZONE)
    await import_program(engine, sample, publish=False)
    first = {person.id: person.pseudonym for person in (await load(engine)).people}
    assert len(set(first.values())) == 29
    assert {(key[0], name[:2]) for key, name in first.items()} == {("F", "F-"), ("R", "R-")}
    assert all(len(name) == 6 for name in first.values())
    later = sample_program(29, 14, 2, date(2026, 11, 9), ZONE)
    await import_program(engine, later, publish=False)
    assert {person.id: person.pseudonym for person in (await load(engine)).people} == first
    named = replace(later, people=(replace(later.people[0], pseudonym="CHOSEN"), *later.people[1:]))
    await import_program(engine, named, publish=False)
    after = {person.id: person.pseudonym for person in (await load(engine)).people}
    assert after == first | {later.people[0].id: "CHOSEN"}


async def test_a_draft_is_published_by_a_second_import(engine, program):
    draft = await import_program(engine, program, publish=False)
    assert not draft.published
    assert (await load_snapshot(engine, program_period(program), ZONE)).version_ids == ()
    published = await import_program(engine, program, publish=True)
    assert (published.version_id, published.created, published.published) == (draft.version_id, False, True)
    assert (await load_snapshot(engine, program_period(program), ZONE)).version_ids == (draft.version_id,)


async def test_publishing_supersedes_every_version_it_overlaps(engine, program):
    def moved(days):
        days = program.assignments.day + np.timedelta64(days, "D")
        return replace(program, coverage=(), assignments=replace(program.assignments, day=days))

    before = await import_program(engine, moved(-28), publish=True)
    first = await import_program(engine, moved(0), publish=True)
    second = await import_program(engine, moved(5), publish=True)
    assert (first.superseded, second.superseded) == ((), ())
    third = await import_program(engine, moved(3), publish=True)
    assert third.superseded == tuple(sorted([first.version_id, second.version_id]))
    states = dict(await rows(engine, ScheduleVersion, ScheduleVersion.id, ScheduleVersion.publication))
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


async def test_blocks_are_made_for_whole_academic_years(engine, program):
    await import_program(engine, program, publish=False)
    async with engine.connect() as connection:
        blocks = (await connection.execute(select(BlockRow.__table__))).all()
    assert len(blocks) == 730
    assert {academic_year(block.date) for block in blocks} == {2026}
    for block in blocks:
        assert block.block_number == academic_block(block.date)
        assert block.is_weekend == (block.date.weekday() >= 5)
    holiday = [block for block in blocks if block.is_holiday]
    assert [(block.date, block.intent, block.actual_date) for block in holiday] == [
        (date(2026, 7, 3), "REDUCED_CAPACITY", date(2026, 7, 4))
    ] * 2


async def test_a_changed_calendar_changes_the_days(engine, program):
    await import_program(engine, program, publish=True)
    closed = replace(program, calendar=(CalendarDay(date(2026, 7, 8), DayType.EO_CLOSURE),))
    await import_program(engine, closed, publish=True)
    assert (await load(engine)).calendar == closed.calendar
    assert (await counts(engine))["blocks"] == 730


async def test_coverage_is_replaced_from_the_bundles_year_on_and_history_stays(engine, program):
    await import_program(engine, program, publish=True)
    next_year = replace(
        program,
        pgy_levels=(PgyLevel("R1", 2027, 3),),
        coverage=(CoverageRequirement("C", Half.AM, 3, weekday=0),),
        assignments=replace(program.assignments, day=program.assignments.day + np.timedelta64(365, "D")),
    )
    await import_program(engine, next_year, publish=True)
    table = CoverageRequirementRow
    stored = await rows(
        engine,
        table.__table__.join(ServiceRow.__table__),
        ServiceRow.abbreviation,
        table.minimum,
        table.valid_from,
        table.valid_to,
    )
    assert stored == [
        ("C", 1, date(2026, 7, 1), date(2027, 6, 30)),
        ("C", 3, date(2027, 7, 1), None),
        ("W", 1, date(2026, 7, 1), date(2026, 12, 31)),
        ("W", 2, date(2026, 7, 10), None),
    ]
    old = await load_snapshot(engine, program_period(program), ZONE)
    assert old.snapshot.demand.sum() == Snapshot.of(program, program_period(program)).demand.sum() == 4
    before = await contents(engine)
    await import_program(engine, next_year, publish=True)
    assert await contents(engine) == before


@pytest.mark.parametrize("publish", [False, True])
async def test_coverage_of_other_services_ends_only_when_the_bundle_is_published(engine, program, publish):
    await import_program(engine, program, publish=True)
    only_ward = replace(
        program,
        services=program.services[1:],
        coverage=(),
        assignments=schedule((0, 0, MONDAY, 0)),
    )
    await import_program(engine, only_ward, publish=publish)
    assert [row.service for row in (await load(engine)).coverage] == ([] if publish else ["C"])


async def test_people_missing_from_a_draft_stay(engine, program):
    await import_program(engine, program, publish=True)
    alone = replace(
        program,
        people=program.people[:1],
        pgy_levels=(),
        assignments=schedule((0, 0, MONDAY, 0)),
        absences=(),
        duty_logs=(),
    )
    await import_program(engine, alone, publish=False)
    after = await load(engine)
    assert [person.id for person in after.people] == ["F1", "R1"]
    assert after.pgy_levels == program.pgy_levels
    assert after.absences == program.absences
    assert after.duty_logs == program.duty_logs


async def test_an_absence_that_left_the_bundle_is_cancelled_and_comes_back(engine, program):
    await import_program(engine, program, publish=True)
    before = await counts(engine)
    await import_program(engine, replace(program, absences=()), publish=True)
    assert [row.status for row in (await load(engine)).absences] == [AbsenceStatus.CANCELLED]
    await import_program(engine, program, publish=True)
    assert (await load(engine)).absences == program.absences
    assert await counts(engine) == before


async def test_absences_outside_the_bundles_days_or_made_by_others_are_not_cancelled(engine, program):
    outside = Absence("R1", date(2026, 7, 10), date(2026, 7, 11), AbsenceType.VACATION)
    await import_program(engine, replace(program, absences=(*program.absences, outside)), publish=True)
    async with engine.begin() as connection:
        await connection.execute(
            update(AbsenceRow).where(AbsenceRow.type == AbsenceType.SICK).values(created_by="coordinator")
        )
    await import_program(engine, replace(program, absences=()), publish=True)
    assert {row.status for row in (await load(engine)).absences} == {AbsenceStatus.APPROVED}


async def test_people_may_trade_addresses_pseudonyms_and_services_names(engine, program, as_rows):
    await import_program(engine, program, publish=True)
    faculty, resident = program.people
    clinic, ward = program.services
    traded = replace(
        program,
        people=(
            replace(faculty, email=resident.email, pseudonym=resident.pseudonym),
            replace(resident, email=faculty.email, pseudonym=faculty.pseudonym),
        ),
        services=(replace(clinic, name=ward.name), replace(ward, name=clinic.name)),
    )
    outcome = await import_program(engine, traded, publish=True)
    assert not outcome.created
    assert as_rows(await load(engine)) == as_rows(traded)


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
async def test_what_belongs_to_others_is_refused_and_nothing_changes(engine, program, change, message):
    await import_program(engine, program, publish=True)
    before = await contents(engine)
    base = Program(
        timezone=ZONE,
        people=(Person("N", "N", PersonType.FACULTY),),
        services=(Service("N", "N", ServiceKind.OUTPATIENT),),
        assignments=schedule((0, 0, MONDAY, 0)),
    )
    with pytest.raises(ConflictError, match=message):
        await import_program(engine, replace(base, **change), publish=True)
    assert await contents(engine) == before


async def test_a_past_academic_year_is_never_rewritten(engine, program):
    earlier = replace(program, pgy_levels=(PgyLevel("R1", 2025, 1), PgyLevel("R1", 2026, 2)))
    await import_program(engine, earlier, publish=True)
    before = await contents(engine)
    wrong = replace(program, pgy_levels=(PgyLevel("R1", 2025, 2),))
    with pytest.raises(
        ConflictError, match="R1 was PGY-1 in 2025, the bundle says PGY-2; nothing was loaded"
    ):
        await import_program(engine, wrong, publish=True)
    assert await contents(engine) == before
    await import_program(engine, replace(program, pgy_levels=(PgyLevel("R1", 2026, 3),)), publish=True)
    assert await rows(
        engine,
        PersonAcademicYearRow,
        PersonAcademicYearRow.academic_year,
        PersonAcademicYearRow.pgy_level,
    ) == [(2025, 1), (2026, 3)]


async def test_passwords_are_never_touched(engine, program):
    await import_program(engine, program, publish=True)
    async with engine.begin() as connection:
        await connection.execute(update(UserRow).values({UserRow.password_hash: "kept"}))
    changed = replace(program, users=(User("boss", "new@example.org", UserRole.COORDINATOR, None),))
    await import_program(engine, changed, publish=True)
    assert await rows(
        engine, UserRow, UserRow.email, UserRow.role, UserRow.password_hash, UserRow.person_id
    ) == [("new@example.org", UserRole.COORDINATOR, "kept", None)]


async def test_duty_entered_in_the_application_is_not_repeated(engine, program):
    await import_program(engine, program, publish=True)
    async with engine.begin() as connection:
        await connection.execute(update(DutyLogRow).values(source="application", reason="entered"))
    await import_program(engine, program, publish=True)
    (log,) = (await load(engine)).duty_logs
    assert log.reason == "entered"


async def test_an_import_that_fails_late_leaves_nothing(engine, program):
    """The last thing an import does fails here, after everything else was written."""
    async with engine.begin() as connection:
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
    assert set((await counts(engine)).values()) == {0}


async def test_an_import_killed_in_the_middle_leaves_nothing(engine, database_url, program, postgres):
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
    assert set((await counts(engine)).values()) == {0}
    assert (await import_program(engine, program, publish=True)).created


async def test_two_imports_at_once_make_one_version(engine, program):
    first, second = await asyncio.gather(
        import_program(engine, program, publish=True), import_program(engine, program, publish=True)
    )
    assert first.version_id == second.version_id
    assert {first.created, second.created} == {True, False}
    assert (await counts(engine))["assignments"] == 10


async def test_a_program_without_dates_is_refused(engine, program):
    undated = replace(program, assignments=Assignments.empty(), coverage=())
    with pytest.raises(InvalidInputError, match="assignments: '' is not valid"):
        await import_program(engine, undated, publish=True)
    assert set((await counts(engine)).values()) == {0}


async def test_a_snapshot_from_the_database_is_the_one_from_the_bundle(engine):
    sample = sample_program(29, 200, 3, date(2026, 11, 9), ZONE)
    await import_program(engine, sample, publish=True)
    for start, days in ((date(2026, 11, 9), 7), (date(2026, 12, 20), 90), (date(2027, 5, 20), 30)):
        period = Period.horizon(start, days)
        loaded = await load_snapshot(engine, period, ZONE)
        judged = Period(start, min(period.end, date(2026, 11, 9) + timedelta(days=200)))
        assert (loaded.snapshot.period, loaded.uncovered) == (judged, period.days - judged.days)
        direct = Snapshot.of(replace(sample, people=(await load(engine)).people), judged)
        assert loaded.snapshot.input_hash == direct.input_hash
        assert loaded.snapshot.assigned.sum() > 0


async def test_recovery_and_rest_reach_over_the_edges_of_period_and_version(engine, program):
    night_before = CallShift(
        "F1",
        datetime(2026, 7, 6, 5, tzinfo=UTC),
        datetime(2026, 7, 6, 17, tzinfo=UTC),
        CallKind.OVERNIGHT,
        in_house=True,
    )
    earlier = replace(
        program,
        coverage=(),
        assignments=schedule((0, 0, date(2026, 7, 1), 0), (0, 0, date(2026, 7, 5), 0)),
        call_shifts=(night_before,),
        absences=(Absence("R1", date(2026, 6, 20), date(2026, 7, 1), AbsenceType.DEPLOYMENT),),
    )
    await import_program(engine, earlier, publish=True)
    await import_program(engine, replace(program, call_shifts=(), absences=()), publish=True)
    loaded = await load_snapshot(engine, program_period(program), ZONE)
    faculty, resident = loaded.snapshot.available
    assert faculty.tolist()[:4] == [False, False, True, True]
    assert resident.tolist()[:6] == [False] * 6
    assert resident.tolist()[6:] == [True] * 4
    assert len(loaded.version_ids) == 1


async def test_a_period_without_a_version_is_empty_not_an_error(engine, program):
    await import_program(engine, program, publish=True)
    loaded = await load_snapshot(engine, Period(date(2027, 1, 4), date(2027, 1, 11)), ZONE)
    assert loaded.version_ids == ()
    assert len(loaded.snapshot.assignment_person) == 0


async def test_a_version_can_be_asked_for_by_id(engine, program, as_rows):
    draft = await import_program(engine, program, publish=False)
    assert (await load(engine)).assignments.person.size == 0
    assert as_rows(await load(engine, version_id=draft.version_id)) == as_rows(program)
    period = program_period(program)
    loaded = await load_snapshot(engine, period, ZONE, version_id=draft.version_id)
    assert loaded.version_ids == (draft.version_id,)
    assert loaded.snapshot.input_hash == Snapshot.of(program, period).input_hash
    unknown = uuid4()
    with pytest.raises(NotFoundError, match=f"there is no schedule version {unknown}"):
        await load(engine, version_id=unknown)
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


async def test_call_knows_its_holidays(engine, program):
    holiday = replace(program, calendar=(CalendarDay(MONDAY, DayType.FEDERAL_HOLIDAY, "Made up"),))
    await import_program(engine, holiday, publish=True)
    assert await rows(engine, CallShiftRow, CallShiftRow.is_holiday) == [(True,)]


async def test_people_are_told_apart_by_id_in_any_script(engine, program):
    ids = ["Z", "a", "Ä", "ß", "z", "日", "0"]
    staff = tuple(Person(key, key, PersonType.FACULTY) for key in ids)
    many = replace(
        program,
        people=staff,
        pgy_levels=(),
        assignments=schedule(*((row, 0, MONDAY + timedelta(days=row), 0) for row in range(len(ids)))),
        call_shifts=(),
        absences=(),
        duty_logs=(),
        users=(),
    )
    await import_program(engine, many, publish=True)
    after = await load(engine)
    placed = {
        after.people[row].id: day
        for row, day in zip(after.assignments.person, after.assignments.day.tolist(), strict=True)
    }
    assert placed == {key: MONDAY + timedelta(days=row) for row, key in enumerate(ids)}
    assert Counter(await rows(engine, PersonRow, PersonRow.external_id)) == Counter((key,) for key in ids)


async def test_a_hundred_thousand_assignments_load_in_seconds(engine):
    program = sample_program(200, 365, 1, date(2026, 11, 9), ZONE)
    assert len(program.assignments) > 100_000
    begun = time.perf_counter()
    await import_program(engine, program, publish=True)
    imported = time.perf_counter()
    assert imported - begun < 20
    loaded = await load(engine)
    assert time.perf_counter() - imported < 3
    assert len(loaded.assignments) == len(program.assignments)
