"""Fallback schedules as flow runs on a real server and database: kept, resumed, outdated, asked for anew."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from flows.resilience.periodic_health_check import periodic_health_check
from flows.resilience.precompute_fallback_schedules import precompute_fallback_schedules
from flows.resilience.run_contingency_analysis import run_contingency_analysis
from flows.steps import precompute_fallback_schedules as steps
from residency.importing.sample import sample_program
from residency.resilience.load_shedding import LoadSheddingLevel
from residency.store.crises import activate_fallback, add_crisis
from residency.store.draft_versions import draft_from_fallback
from residency.store.fallback_schedules import list_fallbacks
from residency.store.tables import (
    AbsenceRow,
    FallbackScheduleRow,
    HealthCheck,
    OutboxMessage,
    ScheduleVersion,
)

WANTED = {"days_ahead": 7, "scenarios": ["1_faculty_loss", "holiday_skeleton"]}
AGAIN = "precompute_fallback_schedules"


@pytest.fixture(autouse=True)
def little_time(monkeypatch):
    """Time for the immediate layer, and for little more."""
    monkeypatch.setattr(steps, "BUDGET_SECONDS", 0.5)


async def standing(engine):
    async with engine.connect() as connection:
        return await list_fallbacks(connection, statuses=("ready", "active"))


async def test_without_a_published_schedule_nothing_is_called_prepared(plant, rows, artifact):
    result = await precompute_fallback_schedules()
    assert result["status"] == "no_data"
    assert await rows(plant, FallbackScheduleRow) == []
    assert "No data" in (await artifact("fallback-schedules")).data


async def test_a_run_that_was_cut_short_is_gone_on_with_and_what_changed_is_computed_anew(
    scheduled, deployed, rows, artifact, monkeypatch
):
    monkeypatch.setattr(steps, "STOP_SECONDS", 0.0)
    first = await precompute_fallback_schedules(**WANTED)
    assert (first["status"], first["data"]["computed"]) == ("partial", 1)
    (wish,) = await rows(scheduled, OutboxMessage, OutboxMessage.dedup_key.like("fallbacks:continued:%"))
    assert wish.payload["parameters"] == {**WANTED, "top_k": 10}
    monkeypatch.undo()
    monkeypatch.setattr(steps, "BUDGET_SECONDS", 0.5)

    second = await precompute_fallback_schedules(**WANTED)
    faculty = {person.id for person in program().people if person.type == "faculty"}
    assert (second["data"]["computed"], second["data"]["kept"]) == (len(faculty), 1)
    stored = await rows(scheduled, FallbackScheduleRow)
    assert {row.status for row in stored} == {"ready"}
    assert all(row.revision == 1 and row.assignments["person"] for row in stored)
    kept = await standing(scheduled)
    singles = [each for each in kept if each.scenario == "1_faculty_loss"]
    assert {each.people for each in singles} == {(person,) for person in faculty}
    page = (await artifact("fallback-schedules")).data
    for person in program().people:
        assert person.name not in page
        assert person.name not in str(second)
    assert "Nothing is prepared for: two faculty members lost" in page

    third = await precompute_fallback_schedules(**WANTED)
    assert (third["data"]["computed"], third["data"]["kept"]) == (0, len(stored))
    assert [row.computed_at for row in await rows(scheduled, FallbackScheduleRow)] == [
        row.computed_at for row in stored
    ]

    # Somebody's leave is recorded: all fallbacks but their own are outdated, which the daily analysis finds.
    lucky = singles[0]
    async with scheduled.begin() as connection:
        leave = insert(AbsenceRow).values(
            person_id=lucky.subject[0],
            start_date=lucky.period.start + timedelta(days=1),
            end_date=lucky.period.start + timedelta(days=3),
            type="tdy",
            status="approved",
            away_from_program=False,
            created_by="test",
        )
        await connection.execute(leave)
    assert (await run_contingency_analysis())["status"] in {"pass", "fail"}
    assert [each.id for each in await standing(scheduled)] == [lucky.id]
    (asked,) = await rows(scheduled, OutboxMessage, OutboxMessage.dedup_key.like("fallbacks:20%"))
    assert asked.payload["flow"] == AGAIN
    check = await periodic_health_check()
    assert check["data"]["fallbacks_requested"] is True
    assert len(await rows(scheduled, OutboxMessage, OutboxMessage.dedup_key.like("fallbacks:20%"))) == 1
    signs = {sign["name"]: sign for sign in check["data"]["phase_indicators"]}
    assert (signs["fallback_expiring"]["raised"], signs["fallback_expiring"]["value"]) == (True, 7.0)

    fourth = await precompute_fallback_schedules(**WANTED)
    assert (fourth["data"]["computed"], fourth["data"]["kept"]) == (len(stored) - 1, 1)
    statuses = [row.status for row in await rows(scheduled, FallbackScheduleRow)]
    assert (statuses.count("ready"), statuses.count("retired")) == (len(stored), len(stored) - 1)
    check = await periodic_health_check()
    # They still end within 14 days; but none is out of date any more.
    assert not any("out of date" in item for item in check["data"]["watch_items"])


def program():
    start = datetime.now(UTC).date() - timedelta(days=14)
    return sample_program(people=29, days=120, seed=1, start=start, timezone="UTC")


async def test_the_health_check_shows_an_open_crisis_and_the_fallback_in_force(
    scheduled, deployed, rows, monkeypatch
):
    skeleton = {"days_ahead": 7, "scenarios": ["holiday_skeleton"]}
    with monkeypatch.context() as patched:
        patched.setattr(steps, "LEAST_COVERAGE", 1.1)
        short = await precompute_fallback_schedules(**skeleton)
    assert short["status"] == "fail"
    alert = OutboxMessage.dedup_key == f"fallbacks:{short['run_id']}"
    (asked,) = await rows(scheduled, OutboxMessage, alert)
    assert asked.payload["flow"] == "send_resilience_alert"
    assert asked.payload["parameters"]["level"] == "warning"
    assert (await precompute_fallback_schedules(**skeleton))["status"] == "pass"
    (fallback,) = await standing(scheduled)
    now = datetime.now(UTC)
    async with scheduled.begin() as connection:
        crisis = await add_crisis(
            connection,
            level="critical",
            severity=None,
            shedding_level=LoadSheddingLevel.RED,
            reason="storm",
            approved_by="chief",
            idempotency_key="k",
            at=now,
            run_id=None,
        )
        draft = await draft_from_fallback(connection, fallback, fallback.period.start, "chief")
        await activate_fallback(
            connection,
            fallback_id=fallback.id,
            crisis_id=crisis,
            version_id=draft,
            coverage=fallback.coverage,
            by="chief",
            reason="storm",
            at=now,
        )
    result = await periodic_health_check()
    (check,) = await rows(scheduled, HealthCheck)
    assert (check.crisis_mode, check.load_shedding_level) == (True, "RED")
    assert [each["scenario"] for each in check.active_fallbacks] == ["holiday_skeleton"]
    assert "A crisis is open; load is shed to RED." in result["data"]["watch_items"]
    (version,) = await rows(scheduled, ScheduleVersion, ScheduleVersion.id == draft)
    assert version.publication == "draft"
