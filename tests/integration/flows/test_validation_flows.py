"""Validation and conflicts as flow runs on a real server: what they answer, show and leave alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from prefect import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterIdempotencyKey
from sqlalchemy import select

from flows.resilience.periodic_health_check import periodic_health_check
from flows.validation.detect_conflicts import detect_conflicts
from flows.validation.validate_schedule import validate_schedule
from residency.errors import InvalidInputError, NotFoundError
from residency.importing.sample import sample_program
from residency.program.vocabulary import PersonType
from residency.publishing.overrides import Override
from residency.publishing.publication import FOLLOW_UPS, publish_checked
from residency.store.program_writer import import_program
from residency.store.tables import AcgmeFindingRow, ConflictAlert, OutboxMessage, TaskRun

TODAY = datetime.now(UTC).date()
DAYS = 70
"""So many days hold a whole academic block wherever in the year they lie."""


@pytest.fixture
def overworked():
    """A sample program in which one resident is assigned in every half-day."""
    program = sample_program(people=29, days=DAYS, seed=1, start=TODAY, timezone="UTC")
    person = next(row for row, each in enumerate(program.people) if each.type is PersonType.RESIDENT)
    ward = next(row for row, each in enumerate(program.services) if each.abbreviation == "FMR")
    rows = program.assignments
    kept = rows.take(rows.person != person)
    extra = rows.take(np.zeros(2 * DAYS, np.intp))
    offsets = np.arange(2 * DAYS)
    mine = replace(
        extra,
        person=np.full(2 * DAYS, person, np.int32),
        service=np.full(2 * DAYS, ward, np.int32),
        day=np.datetime64(TODAY, "D") + offsets // 2,
        half=(offsets % 2).astype(np.int8),
        role=np.zeros(2 * DAYS, np.int8),
    )
    absences = tuple(each for each in program.absences if each.person != program.people[person].id)
    return replace(program, assignments=type(rows).joined([kept, mine]), absences=absences)


async def stored(engine):
    async with engine.connect() as connection:
        return [
            (await connection.execute(select(table.id))).all()
            for table in (AcgmeFindingRow, ConflictAlert, OutboxMessage)
        ]


async def test_a_version_is_judged_by_pseudonym_and_nothing_is_stored(plant, overworked, rows, artifact):
    version = (await import_program(plant, overworked, publish=False)).version_id
    result = await validate_schedule(version_id=version)
    assert result["status"] == "fail"
    data = result["data"]
    assert data["version_ids"] == [str(version)]
    broken = [finding for finding in data["findings"] if finding["verdict"] == "violation"]
    assert {"HOURS_80", "FREE_DAY"} <= {finding["rule"] for finding in broken}
    assert data["violations"] == len(broken)
    assert 0 < data["compliance"] < 1
    assert await stored(plant) == [[], [], []]
    page = await artifact("schedule-validation")
    assert page.description.startswith("It cannot be published: ")
    assert page.data.startswith("# Validation of a schedule\n\n**It cannot be published")
    kept = "".join(str(row) for row in await rows(plant, TaskRun))
    for person in overworked.people:
        assert person.name not in kept + page.data
        assert person.id not in {finding["person"] for finding in data["findings"]}


async def test_the_published_schedule_of_some_days_is_judged(scheduled):
    result = await validate_schedule(start=TODAY, end=TODAY + timedelta(days=28), rule_set="acgme-2011")
    assert result["status"] in {"pass", "fail"}
    assert result["data"]["rule_set"] == "acgme-2011"
    beyond = await validate_schedule(start=TODAY + timedelta(days=90), end=TODAY + timedelta(days=120))
    assert beyond["warnings"] == [beyond["data"]["caveat"]]


async def test_without_a_published_schedule_there_is_no_data(plant, artifact):
    days = {"start": TODAY, "end": TODAY + timedelta(days=7)}
    assert (await validate_schedule(**days))["status"] == "no_data"
    assert "No data" in (await artifact("schedule-validation")).data
    assert (await detect_conflicts(**days))["status"] == "no_data"
    assert "No data" in (await artifact("schedule-conflicts")).data


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, InvalidInputError),
        ({"version_id": uuid4(), "start": TODAY}, InvalidInputError),
        ({"start": TODAY}, InvalidInputError),
        ({"start": TODAY, "end": TODAY}, InvalidInputError),
        ({"version_id": uuid4(), "rule_set": "../../etc/passwd"}, InvalidInputError),
        ({"version_id": uuid4()}, NotFoundError),
    ],
)
async def test_what_cannot_be_judged_is_refused_by_name(plant, given, error):
    with pytest.raises(error):
        await validate_schedule(**given)


async def test_conflicts_are_listed_by_pseudonym_and_no_alert_is_raised(scheduled, rows, artifact):
    days = {"start": TODAY, "end": TODAY + timedelta(days=90)}
    result = await detect_conflicts(**days)
    assert result["status"] == "conflicts"
    found = result["data"]["conflicts"]
    assert {"leave_assignment_overlap", "coverage_gap"} <= {conflict["type"] for conflict in found}
    some = await detect_conflicts(**days, types=["coverage_gap"])
    assert {conflict["type"] for conflict in some["data"]["conflicts"]} == {"coverage_gap"}
    assert [each for each in found if each["type"] == "coverage_gap"] == some["data"]["conflicts"]
    assert (await stored(scheduled))[:2] == [[], []]
    page = await artifact("schedule-conflicts")
    assert page.description in page.data.replace("\\", "")
    program = sample_program(people=29, days=7, seed=1, start=TODAY, timezone="UTC")
    kept = "".join(str(row) for row in await rows(scheduled, TaskRun))
    for person in program.people:
        assert person.name not in kept + page.data
        assert person.id not in {conflict["person"] for conflict in found}


async def test_a_publication_starts_each_follow_up_once_with_the_next_health_check(plant, deployed, rows):
    program = sample_program(people=29, days=28, seed=1, start=TODAY, timezone="UTC")
    version = (await import_program(plant, program, publish=False)).version_id

    async def attempt(overrides):
        now = datetime.now(UTC)
        return await publish_checked(plant, version, "UTC", actor="test", now=now, overrides=overrides)

    refused = await attempt(())
    given = [Override(finding=each.id, reason="agreed") for each in refused.in_the_way]
    assert refused.published or (await attempt(given)).published
    mine = OutboxMessage.dedup_key.like(f"schedule_published:{version}:%")
    asked = await rows(plant, OutboxMessage, mine)
    assert sorted(each.payload["flow"] for each in asked) == sorted(FOLLOW_UPS)
    assert all(each.done_at is None for each in asked)
    await periodic_health_check()
    done = {each.dedup_key: each.done_at for each in await rows(plant, OutboxMessage, mine)}
    (started,) = (each.dedup_key for each in asked if each.payload["flow"] == "run_contingency_analysis")
    assert done[started] is not None
    same = FlowRunFilterIdempotencyKey(any_=[started])
    async with get_client() as client:
        runs = await client.read_flow_runs(flow_run_filter=FlowRunFilter(idempotency_key=same))
    assert len(runs) == 1


async def test_an_empty_range_is_refused(plant):
    with pytest.raises(InvalidInputError, match="end"):
        await detect_conflicts(start=TODAY, end=TODAY)
