"""A schedule as the measures take it: with the days around it, and with what was published before."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import text

from residency.acgme.rules import rule_set
from residency.errors import NotFoundError
from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.canonical import canonical
from residency.program.records import HoursApproval, Rotation
from residency.quality.measuring import measure
from residency.quality.stability import ChangeDates
from residency.store.measured_schedules import load_measurement
from residency.store.metrics_snapshots import day_bucket, save_metrics
from residency.store.program_writer import import_program
from residency.store.schedules import load_schedule

ZONE = "Pacific/Honolulu"
START = date(2026, 11, 2)
RULES = rule_set()


@pytest.fixture(scope="module")
def sample():
    return canonical(sample_program(29, 150, 3, START, ZONE))


def days_of(program, first, days):
    """The program with its schedule of some days alone."""
    end = first + timedelta(days=days)
    inside = (program.assignments.day >= np.datetime64(first)) & (
        program.assignments.day < np.datetime64(end)
    )
    call = tuple(shift for shift in program.call_shifts if first <= shift.start.astimezone(UTC).date() < end)
    coverage = tuple(row for row in program.coverage if row.day is None or first <= row.day < end)
    assignments = program.assignments.take(inside)
    return replace(program, assignments=assignments, call_shifts=call, coverage=coverage)


def half_days(program):
    rows = program.assignments
    return set(
        zip(
            [program.people[row].id for row in rows.person],
            rows.day.astype(date).tolist(),
            rows.half.tolist(),
            [program.services[row].abbreviation for row in rows.service],
            strict=True,
        )
    )


def within(rows, first, end):
    return {row for row in rows if first <= row[1] < end}


async def test_a_schedule_comes_with_the_published_days_around_it(engine, sample):
    """Of several versions, each for its own days."""
    first = days_of(sample, START, 70)
    later = days_of(sample, START + timedelta(days=70), 80)
    await import_program(engine, first, publish=True)
    await import_program(engine, later, publish=True)
    period = Period.horizon(START + timedelta(days=60), 20)
    loaded = await load_schedule(engine, period, ZONE)
    around = within(half_days(sample), period.start - timedelta(days=35), period.end + timedelta(days=35))
    assert half_days(loaded.program) == around
    assert loaded.snapshot.period == period
    assert (len(loaded.version_ids), loaded.version_id, loaded.uncovered) == (2, None, 0)
    assert sum(extent.days for extent in loaded.extents) == 20 + 2 * 35
    assert [person.id for person in loaded.program.people] == list(loaded.snapshot.person_ids)
    alone = await load_schedule(engine, Period.horizon(START, 20), ZONE, margin_days=35)
    assert (len(alone.version_ids), alone.version_id) == (1, alone.version_ids[0])
    assert alone.extents == (Period.horizon(START, 55),)


async def test_around_a_draft_stands_what_is_published(engine, sample):
    await import_program(engine, sample, publish=True)
    draft = replace(days_of(sample, START + timedelta(days=60), 20), call_shifts=())
    rows = draft.assignments
    draft = replace(draft, assignments=rows.take(np.arange(len(rows)) % 3 > 0))
    version = (await import_program(engine, draft, publish=False)).version_id
    period = Period.horizon(START + timedelta(days=50), 40)
    loaded = await load_schedule(engine, period, ZONE, version)
    own = Period.horizon(START + timedelta(days=60), 20)
    assert loaded.version_ids == (version,)
    assert loaded.snapshot.period == own
    assert loaded.uncovered == 20
    seen = half_days(loaded.program)
    assert within(seen, own.start, own.end) == half_days(draft)
    edge = timedelta(days=35)
    published = within(half_days(sample), period.start - edge, period.end + edge)
    assert seen - half_days(draft) == published - within(published, own.start, own.end)
    call = {(shift.person, shift.start) for shift in loaded.program.call_shifts}
    everywhere = {(shift.person, shift.start) for shift in sample.call_shifts}
    assert call < everywhere
    local = sorted(start.astimezone(ZoneInfo(ZONE)).date() for _, start in call)
    assert local
    assert not any(day in own for day in local)


async def test_rotations_approvals_and_nights_come_back_and_are_cut_to_their_version(engine, program):
    program = replace(
        program,
        services=tuple(replace(service, night_hours=11.5) for service in program.services),
        rotations=(
            Rotation("R1", "W", date(2026, 7, 1), date(2026, 7, 8)),
            Rotation("R1", "C", date(2026, 7, 9), date(2026, 7, 31)),
        ),
        hours_approvals=(
            HoursApproval(88.0, date(2026, 7, 1), date(2026, 7, 31), "GMEC", "W", 2, 3),
            HoursApproval(84.0, date(2025, 7, 1), date(2025, 7, 31), "GMEC"),
        ),
    )
    version = (await import_program(engine, program, publish=True)).version_id
    week = Period(date(2026, 7, 6), date(2026, 7, 13))
    loaded = (await load_schedule(engine, week, ZONE)).program
    assert {service.night_hours for service in loaded.services} == {11.5}
    assert set(loaded.rotations) == set(program.rotations)
    assert loaded.hours_approvals == program.hours_approvals[:1]
    assert (await import_program(engine, program, publish=True)).created is False
    other = replace(program, rotations=program.rotations[:1])
    draft = (await import_program(engine, other, publish=False)).version_id
    assert draft != version
    assert set((await load_schedule(engine, week, ZONE, draft)).program.rotations) == {program.rotations[0]}


async def test_a_published_rotation_is_cut_where_a_draft_speaks(engine, program, schedule):
    whole = replace(
        program,
        assignments=schedule(*((1, 1, date(2026, 7, day), 0) for day in (1, 31))),
        rotations=(Rotation("R1", "W", date(2026, 7, 1), date(2026, 7, 31)),),
    )
    await import_program(engine, whole, publish=True)
    draft = (await import_program(engine, program, publish=False)).version_id
    month = Period(date(2026, 7, 1), date(2026, 8, 1))
    seen = (await load_schedule(engine, month, ZONE, draft)).program.rotations
    assert sorted((rotation.start_date.day, rotation.end_date.day) for rotation in seen) == [(1, 5), (11, 31)]


async def test_an_unknown_version_is_not_found(engine, program):
    await import_program(engine, program, publish=True)
    with pytest.raises(NotFoundError, match="no schedule version"):
        await load_schedule(engine, Period(date(2026, 7, 6), date(2026, 7, 13)), ZONE, uuid4())


async def measured(engine, period, version=None):
    loaded = await load_measurement(engine, period, ZONE, version)
    dates = ChangeDates(START, loaded.published_on, loaded.last_major_change)
    return loaded, measure(loaded.current, loaded.previous, RULES, dates)


async def test_the_first_schedule_has_nothing_before_it(engine, sample):
    await import_program(engine, sample, publish=True)
    loaded, found = await measured(engine, Period.horizon(START, 60))
    assert loaded.previous is None
    assert (found.metrics.stability.churn, found.metrics.stability.compared_days) == (0, 0)
    assert found.judged.judgement.rule_set == "acgme-2017"
    assert found.metrics.fairness.overall > 0
    pseudonyms = set(loaded.loaded.snapshot.pseudonyms)
    assert {person.person for person in found.metrics.people} <= pseudonyms


async def test_a_schedule_is_compared_with_the_one_it_took_the_place_of(engine, sample):
    """Row by row, with the overrides and causes of both."""
    old = (await import_program(engine, sample, publish=True)).version_id
    rows = sample.assignments
    gone = rows.day == np.datetime64(START + timedelta(days=7))
    changed = replace(sample, assignments=rows.take(~gone))
    draft = (await import_program(engine, changed, publish=False)).version_id
    period = Period.horizon(START, 30)
    loaded, found = await measured(engine, period, draft)
    assert loaded.loaded.version_ids == (draft,)
    assert loaded.published_on is None
    assert found.metrics.stability.removed == gone.sum() > 0
    assert (found.metrics.stability.added, found.metrics.stability.modified) == (0, 0)
    await import_program(engine, changed, publish=True)
    async with engine.begin() as connection:
        overridden = await connection.execute(
            text(
                "UPDATE assignments SET override_reason = 'swap', cause_id = gen_random_uuid() "
                "WHERE version_id = :id AND block_id IN (SELECT id FROM blocks WHERE date = :day)"
            ),
            {"id": draft, "day": START + timedelta(days=8)},
        )
    loaded, found = await measured(engine, period)
    assert loaded.loaded.version_ids == (draft,)
    assert loaded.published_on == datetime.now(ZoneInfo(ZONE)).date()
    steady = found.metrics.stability
    assert (steady.removed, steady.added, steady.modified) == (gone.sum(), 0, overridden.rowcount)
    assert set(loaded.current.rows.overrides) == {"swap"}
    assert len(loaded.current.rows.causes) == overridden.rowcount
    again, _ = await measured(engine, period, old)
    assert again.previous is None


async def test_a_draft_of_some_days_is_compared_on_those_alone(engine, sample):
    await import_program(engine, sample, publish=True)
    draft = (
        await import_program(engine, days_of(sample, START + timedelta(days=20), 10), publish=False)
    ).version_id
    loaded, found = await measured(engine, Period.horizon(START, 60), draft)
    assert (loaded.current.snapshot.period, loaded.previous.snapshot.period) == (
        Period.horizon(START + timedelta(days=20), 10),
        Period.horizon(START + timedelta(days=20), 10),
    )
    assert (found.metrics.stability.churn, found.metrics.stability.compared_days) == (0, 10)
    assert found.metrics.stability.new_violations == ()


async def test_without_a_schedule_there_is_nothing_to_measure(engine, program):
    await import_program(engine, program, publish=True)
    loaded, found = await measured(engine, Period(date(2027, 3, 1), date(2027, 3, 8)))
    assert found.metrics.no_data
    assert found.judged is loaded.previous is None


async def test_the_last_major_change_is_the_one_that_was_measured_last(engine, sample):
    await import_program(engine, sample, publish=True)
    period = Period.horizon(START, 30)
    _, found = await measured(engine, period)
    moved = found.metrics.stability.model_copy(update={"major_change_on": date(2026, 10, 1)})
    async with engine.begin() as connection:
        await save_metrics(
            connection,
            found.metrics.model_copy(update={"stability": moved}),
            kind="daily",
            bucket_start=day_bucket(START, ZONE),
            at=datetime(2026, 11, 2, 20, tzinfo=UTC),
            version_id=None,
            rule_set=RULES.id,
            run_id=None,
        )
    _, found = await measured(engine, period)
    assert found.metrics.stability.days_since_major_change == 32
