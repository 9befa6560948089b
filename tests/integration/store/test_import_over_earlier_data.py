"""What an import changes of what is there already, and what it leaves alone."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from sqlalchemy import select, update

from residency.program.calendar import CalendarDay, academic_block, academic_year
from residency.program.extent import program_period
from residency.program.records import Absence, CoverageRequirement, PgyLevel, User
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceStatus, AbsenceType, DayType, Half, UserRole
from residency.store.program_writer import import_program
from residency.store.snapshots import load_snapshot
from residency.store.tables import (
    AbsenceRow,
    BlockRow,
    CallShiftRow,
    CoverageRequirementRow,
    DutyLogRow,
    ServiceRow,
    UserRow,
)

ZONE = "Pacific/Honolulu"
MONDAY = date(2026, 7, 6)


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


async def test_a_changed_calendar_changes_the_days(engine, store, program):
    await import_program(engine, program, publish=True)
    closed = replace(program, calendar=(CalendarDay(date(2026, 7, 8), DayType.EO_CLOSURE),))
    await import_program(engine, closed, publish=True)
    assert (await store.load()).calendar == closed.calendar
    assert (await store.counts())["blocks"] == 730


async def test_coverage_is_replaced_from_the_bundles_year_on_and_history_stays(engine, store, program):
    await import_program(engine, program, publish=True)
    next_year = replace(
        program,
        pgy_levels=(PgyLevel("R1", 2027, 3),),
        coverage=(CoverageRequirement("C", Half.AM, 3, weekday=0),),
        assignments=replace(program.assignments, day=program.assignments.day + np.timedelta64(365, "D")),
    )
    await import_program(engine, next_year, publish=True)
    table = CoverageRequirementRow
    stored = await store.rows(
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
    before = await store.contents()
    await import_program(engine, next_year, publish=True)
    assert await store.contents() == before


@pytest.mark.parametrize("publish", [False, True])
async def test_coverage_of_other_services_ends_only_when_the_bundle_is_published(
    engine, store, schedule, program, publish
):
    await import_program(engine, program, publish=True)
    only_ward = replace(
        program,
        services=program.services[1:],
        coverage=(),
        assignments=schedule((0, 0, MONDAY, 0)),
    )
    await import_program(engine, only_ward, publish=publish)
    assert [row.service for row in (await store.load()).coverage] == ([] if publish else ["C"])


async def test_people_missing_from_a_draft_stay(engine, store, schedule, program):
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
    after = await store.load()
    assert [person.id for person in after.people] == ["F1", "R1"]
    assert after.pgy_levels == program.pgy_levels
    assert after.absences == program.absences
    assert after.duty_logs == program.duty_logs


async def test_an_absence_that_left_the_bundle_is_cancelled_and_comes_back(engine, store, program):
    await import_program(engine, program, publish=True)
    before = await store.counts()
    await import_program(engine, replace(program, absences=()), publish=True)
    assert [row.status for row in (await store.load()).absences] == [AbsenceStatus.CANCELLED]
    await import_program(engine, program, publish=True)
    assert (await store.load()).absences == program.absences
    assert await store.counts() == before


async def test_absences_outside_the_bundles_days_or_made_by_others_are_not_cancelled(engine, store, program):
    outside = Absence("R1", date(2026, 7, 10), date(2026, 7, 11), AbsenceType.VACATION)
    await import_program(engine, replace(program, absences=(*program.absences, outside)), publish=True)
    async with engine.begin() as connection:
        await connection.execute(
            update(AbsenceRow).where(AbsenceRow.type == AbsenceType.SICK).values(created_by="coordinator")
        )
    await import_program(engine, replace(program, absences=()), publish=True)
    assert {row.status for row in (await store.load()).absences} == {AbsenceStatus.APPROVED}


async def test_people_may_trade_addresses_pseudonyms_and_services_names(engine, store, program, as_rows):
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
    assert as_rows(await store.load()) == as_rows(traded)


async def test_passwords_are_never_touched(engine, store, program):
    await import_program(engine, program, publish=True)
    async with engine.begin() as connection:
        await connection.execute(update(UserRow).values({UserRow.password_hash: "kept"}))
    changed = replace(program, users=(User("boss", "new@example.org", UserRole.COORDINATOR, None),))
    await import_program(engine, changed, publish=True)
    assert await store.rows(
        UserRow, UserRow.email, UserRow.role, UserRow.password_hash, UserRow.person_id
    ) == [("new@example.org", UserRole.COORDINATOR, "kept", None)]


async def test_duty_entered_in_the_application_is_not_repeated(engine, store, program):
    await import_program(engine, program, publish=True)
    async with engine.begin() as connection:
        await connection.execute(update(DutyLogRow).values(source="application", reason="entered"))
    await import_program(engine, program, publish=True)
    (log,) = (await store.load()).duty_logs
    assert log.reason == "entered"


async def test_call_knows_its_holidays(engine, store, program):
    holiday = replace(program, calendar=(CalendarDay(MONDAY, DayType.FEDERAL_HOLIDAY, "Made up"),))
    await import_program(engine, holiday, publish=True)
    assert await store.rows(CallShiftRow, CallShiftRow.is_holiday) == [(True,)]
