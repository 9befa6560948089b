"""Publishing a bundle makes it the program: what it does not name no longer counts, and stays as history."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.canonical import canonical
from residency.program.snapshot import Snapshot
from residency.resilience.health import assess
from residency.store.program_loader import load_program
from residency.store.program_writer import import_program
from residency.store.snapshots import load_snapshot
from residency.store.tables import AssignmentRow, PersonRow, ScheduleVersion, ServiceRow

START = date(2026, 3, 2)
WEEK = Period(START + timedelta(days=14), START + timedelta(days=21))


@pytest.fixture(scope="module")
def sample():
    return sample_program(people=29, days=60, seed=1, start=START, timezone="UTC")


@pytest.fixture(scope="module")
def own():
    """A program of somebody's own, with other people and services than the sample."""
    other = sample_program(people=29, days=60, seed=2, start=START + timedelta(days=7), timezone="UTC")
    mine = {person.id: f"mine-{person.id}" for person in other.people}
    codes = {service.abbreviation: f"X{service.abbreviation}"[:10] for service in other.services}
    return replace(
        other,
        people=tuple(
            replace(p, id=mine[p.id], email=f"{mine[p.id]}@example.org".lower()) for p in other.people
        ),
        pgy_levels=tuple(replace(level, person=mine[level.person]) for level in other.pgy_levels),
        services=tuple(
            replace(s, abbreviation=codes[s.abbreviation], name=f"My {s.name}") for s in other.services
        ),
        coverage=tuple(replace(row, service=codes[row.service]) for row in other.coverage),
        call_shifts=tuple(replace(shift, person=mine[shift.person]) for shift in other.call_shifts),
        absences=tuple(replace(absence, person=mine[absence.person]) for absence in other.absences),
        users=(),
    )


async def test_health_after_publishing_is_the_health_of_the_bundle_alone(engine, sample, own):
    await import_program(engine, sample, publish=True)
    outcome = await import_program(engine, own, publish=True)
    assert outcome.people_ended == len(sample.people)
    assert outcome.services_archived == len(sample.services)
    loaded = await load_snapshot(engine, WEEK, "UTC")
    alone = Snapshot.of(canonical(own), WEEK)
    assert set(loaded.snapshot.person_ids) == {person.id for person in own.people}
    judged, expected = assess(loaded.snapshot, None), assess(alone, None)
    for figure in ("status", "utilization", "coverage", "required_slots", "faculty_available", "gaps"):
        assert getattr(judged, figure) == getattr(expected, figure)


async def test_what_was_replaced_stays_as_history(engine, sample, own):
    first = await import_program(engine, sample, publish=True)
    await import_program(engine, own, publish=True)
    async with engine.connect() as connection:
        people = (await connection.execute(select(PersonRow.external_id, PersonRow.active_to))).all()
        kept = await connection.scalars(
            select(AssignmentRow.id).where(AssignmentRow.version_id == first.version_id)
        )
        state = await connection.scalar(
            select(ScheduleVersion.publication).where(ScheduleVersion.id == first.version_id)
        )
    ended = {person: active_to for person, active_to in people if not person.startswith("mine-")}
    assert set(ended.values()) == {START + timedelta(days=6)}
    assert len(kept.all()) == len(sample.assignments)
    assert state == "superseded"


async def test_publishing_the_former_program_again_brings_its_people_and_services_back(engine, sample, own):
    await import_program(engine, sample, publish=True)
    await import_program(engine, own, publish=True)
    await import_program(engine, sample, publish=True)
    async with engine.connect() as connection:
        loaded = await load_program(connection, "UTC", WEEK)
        archived = await connection.scalars(
            select(ServiceRow.abbreviation).where(ServiceRow.archived_at.is_not(None))
        )
    assert {person.id for person in loaded.program.people} == {person.id for person in sample.people}
    assert set(archived) == {service.abbreviation for service in own.services}


async def test_a_draft_ends_nobody(engine, sample, own):
    await import_program(engine, sample, publish=True)
    outcome = await import_program(engine, own, publish=False)
    assert (outcome.people_ended, outcome.services_archived, outcome.published) == (0, 0, False)


async def test_a_schedule_edited_since_its_import_is_not_taken_for_the_imported_one(engine, sample):
    first = await import_program(engine, sample, publish=True)
    same = await import_program(engine, sample, publish=True)
    assert (same.created, same.version_id) == (False, first.version_id)
    async with engine.begin() as connection:
        await connection.execute(
            AssignmentRow.__table__.delete().where(
                AssignmentRow.id
                == select(AssignmentRow.id)
                .where(AssignmentRow.version_id == first.version_id)
                .limit(1)
                .scalar_subquery()
            )
        )
    again = await import_program(engine, sample, publish=True)
    assert again.created
    assert again.superseded == (first.version_id,)
