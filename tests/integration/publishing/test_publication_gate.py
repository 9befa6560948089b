"""The gate to a published schedule: what it refuses, what overrides open, and that nothing slips through."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from residency.errors import ConflictError, InvalidInputError, NotFoundError
from residency.publishing import publication
from residency.publishing.overrides import Override
from residency.store.acgme_findings import list_findings
from residency.store.database import open_engine
from residency.store.program_writer import import_program
from residency.store.tables import (
    AcgmeFindingRow,
    AssignmentRow,
    AuditEntryRow,
    OutboxMessage,
    ScheduleVersion,
)


def overriding(findings, reason="agreed with the programme director"):
    return [Override(finding=each.id, reason=reason) for each in findings]


async def state(rows, version_id):
    columns = ScheduleVersion.publication, ScheduleVersion.violations_count, ScheduleVersion.overrides_count
    return (await rows(*columns, where=ScheduleVersion.id == version_id))[0]


async def test_a_version_that_breaks_rules_is_refused_with_each_of_them(publish, draft, rows):
    outcome = await publish(draft)
    assert not outcome.published
    found = [(each.finding.severity, each.finding.rule, each.finding.person) for each in outcome.in_the_way]
    assert sorted(found) == [
        ("critical", "HOURS_80", "R1"),
        ("critical", "SUPERVISION", ""),
        ("critical", "SUPERVISION", ""),
        ("high", "FREE_DAY", "R1"),
    ]
    assert "84" in next(e for e in outcome.in_the_way if e.finding.rule == "HOURS_80").finding.arithmetic
    assert await state(rows, draft) == ("draft", 4, 0)
    assert await rows(OutboxMessage.id) == []


async def test_a_version_that_breaks_nothing_is_published_and_asks_for_its_follow_ups(
    engine, publish, sound, rows
):
    version = (await import_program(engine, sound, publish=False)).version_id
    outcome = await publish(version)
    assert (outcome.published, outcome.already, outcome.violations) == (True, False, ())
    assert await state(rows, version) == ("published", 0, 0)
    assert {payload["flow"] for (payload,) in await rows(OutboxMessage.payload)} == {
        "run_contingency_analysis",
        "precompute_fallback_schedules",
        "generate_utilization_forecast",
    }
    again = await publish(version)
    assert (again.published, again.already) == (True, True)
    with pytest.raises(ConflictError, match="published already"):
        await publish(version, Override(finding=uuid4(), reason="too late"))
    assert len(await rows(OutboxMessage.id)) == 3


async def test_overrides_are_given_one_by_one_and_survive(engine, publish, draft, rows):
    for left in (4, 3, 2, 1):
        outcome = await publish(draft)
        assert (outcome.published, len(outcome.in_the_way)) == (False, left)
        outcome = await publish(draft, *overriding(outcome.in_the_way[:1], f"reason {left}"))
    assert outcome.published
    assert await state(rows, draft) == ("published", 4, 4)
    assert {each.overridden_reason for each in outcome.violations} == {f"reason {n}" for n in (1, 2, 3, 4)}
    async with engine.connect() as connection:
        standing = await list_findings(connection)
    kept = {each.finding.key: (each.overridden_reason, each.overridden_by) for each in standing}
    assert all(
        kept[each.finding.key] == (each.overridden_reason, "coordinator") for each in outcome.violations
    )


async def test_every_override_stands_in_the_audit_log_with_its_reason(publish, draft, rows):
    found = (await publish(draft)).in_the_way
    await publish(draft, *[Override(finding=each.id, reason=f"because of {each.id}") for each in found])
    logged = await rows(
        AuditEntryRow.entity_id,
        AuditEntryRow.reason,
        where=(AuditEntryRow.action == "override") & (AuditEntryRow.entity_type == "acgme_findings"),
    )
    assert sorted(logged) == sorted((str(each.id), f"because of {each.id}") for each in found)
    others = await rows(AuditEntryRow.reason, where=AuditEntryRow.entity_type == "schedule_versions")
    assert {reason for (reason,) in others} == {None}


async def test_a_schedule_that_changed_after_its_override_is_refused_again(engine, publish, draft, rows):
    found = (await publish(draft)).in_the_way
    hours = [each for each in found if each.finding.rule == "HOURS_80"]
    await publish(draft, *overriding(hours))
    async with engine.begin() as connection:
        wanted = select(AssignmentRow.id).where(
            AssignmentRow.version_id == draft,
            AssignmentRow.person_id.in_(text("(SELECT id FROM people WHERE external_id = 'R1')")),
        )
        one = (await connection.execute(wanted.limit(1))).scalar_one()
        await connection.execute(delete(AssignmentRow).where(AssignmentRow.id == one))
    outcome = await publish(draft)
    (changed,) = [each for each in outcome.in_the_way if each.finding.rule == "HOURS_80"]
    assert changed.id == hours[0].id
    assert changed.finding.value < hours[0].finding.value
    assert not outcome.published


async def test_what_no_longer_breaks_a_rule_no_longer_stands_in_the_way(engine, publish, draft):
    await publish(draft)
    async with engine.begin() as connection:
        mine = text("(SELECT id FROM people WHERE external_id = 'R1')")
        await connection.execute(
            delete(AssignmentRow).where(AssignmentRow.version_id == draft, AssignmentRow.person_id.in_(mine))
        )
    outcome = await publish(draft)
    assert {each.finding.rule for each in outcome.in_the_way} == {"SUPERVISION"}


async def test_windows_that_cannot_be_judged_stop_nothing_and_are_counted(engine, publish, sound):
    """Of a schedule that begins in the middle of a block nobody knows what the days before held."""
    rows = sound.assignments
    late = replace(sound, assignments=rows.take(rows.day >= rows.day.min() + 14))
    outcome = await publish((await import_program(engine, late, publish=False)).version_id)
    assert outcome.published
    assert outcome.unjudged > 0


@pytest.mark.parametrize("kind", ["unknown", "other version", "not broken"])
async def test_an_override_of_something_else_changes_nothing(
    engine, publish, draft, broken, moved, rows, kind
):
    found = (await publish(draft)).in_the_way
    other = (await import_program(engine, moved(broken, 56), publish=False)).version_id
    theirs = (await publish(other)).in_the_way
    chosen = {
        "unknown": uuid4(),
        "other version": theirs[0].id,
        "not broken": (await rows(AcgmeFindingRow.id, where=AcgmeFindingRow.force != "must"))[0][0],
    }[kind]
    expected = NotFoundError if kind == "unknown" else InvalidInputError
    with pytest.raises(expected, match=str(chosen)):
        await publish(draft, *overriding(found), Override(finding=chosen, reason="a mistake"))
    assert (await state(rows, draft))[0] == "draft"
    assert {reason for (reason,) in await rows(AcgmeFindingRow.overridden_reason)} == {None}


async def test_publishing_supersedes_what_overlaps_and_counts_the_days_left_without_a_schedule(
    engine, publish, sound, moved
):
    former = (await import_program(engine, sound, publish=True)).version_id
    later = (await import_program(engine, moved(sound, 7), publish=False)).version_id
    outcome = await publish(later)
    assert outcome.superseded == (former,)
    assert outcome.uncovered == 7
    back = await publish(former)
    assert (back.superseded, back.published) == ((later,), True)


async def test_neighbours_are_context_for_the_windows_of_a_version(engine, publish, sound, broken, moved):
    """Three weeks of 84 hours were published before; one more makes the block too full."""
    rows = broken.assignments
    first = rows.day < rows.day.min() + 21
    await import_program(engine, replace(broken, assignments=rows.take(first), absences=()), publish=True)
    rest = replace(broken, assignments=rows.take(~first), absences=())
    version = (await import_program(engine, rest, publish=False)).version_id
    outcome = await publish(version)
    (hours,) = [each for each in outcome.in_the_way if each.finding.rule == "HOURS_80"]
    assert hours.finding.window_start == "2026-07-30"


@pytest.mark.parametrize(
    ("change", "says"),
    [({"run_status": "running"}, "is running"), ({"publication": "archived"}, "is archived")],
)
async def test_unfinished_and_archived_versions_cannot_be_published(engine, publish, draft, change, says):
    async with engine.begin() as connection:
        await connection.execute(update(ScheduleVersion).values(**change))
    with pytest.raises(ConflictError, match=says):
        await publish(draft)


async def test_an_unknown_version_is_told(publish):
    unknown = uuid4()
    with pytest.raises(NotFoundError, match=f"no schedule version {unknown}"):
        await publish(unknown)


async def test_two_publishers_at_once_publish_once(engine, publish, sound, rows):
    version = (await import_program(engine, sound, publish=False)).version_id
    outcomes = await asyncio.gather(*(publish(version) for _ in range(4)))
    assert sorted(each.already for each in outcomes) == [False, True, True, True]
    assert len(await rows(OutboxMessage.id)) == 3


async def test_of_two_overlapping_versions_published_at_once_one_supersedes_the_other(
    engine, publish, sound, moved, rows
):
    one = (await import_program(engine, sound, publish=False)).version_id
    other = (await import_program(engine, moved(sound, 7), publish=False)).version_id
    await asyncio.gather(publish(one), publish(other))
    states = await rows(ScheduleVersion.publication)
    assert sorted(states) == [("published",), ("superseded",)]


async def test_an_edit_that_comes_while_a_version_is_judged_waits_for_the_verdict(
    engine, publish, sound, rows, monkeypatch
):
    version = (await import_program(engine, sound, publish=False)).version_id
    edited: list[asyncio.Task] = []
    judged = publication.judge_loaded

    async def edit():
        async with engine.begin() as connection:
            await connection.execute(update(AssignmentRow).values(notes="edited", updated_at=func.now()))
            return await connection.scalar(
                select(ScheduleVersion.publication).where(ScheduleVersion.id == version)
            )

    loop = asyncio.get_running_loop()

    def slowly(loaded, rules):
        asyncio.run_coroutine_threadsafe(started(), loop).result()
        return judged(loaded, rules)

    async def started():
        edited.append(asyncio.create_task(edit()))
        await asyncio.sleep(0.3)

    monkeypatch.setattr(publication, "judge_loaded", slowly)
    assert (await publish(version)).published
    # The edit was made to a published schedule: its own statement saw the publication.
    assert await edited[0] == "published"


async def test_an_edit_that_is_under_way_is_judged_too(engine, publish, sound, draft, rows):
    version = (await import_program(engine, sound, publish=False)).version_id
    async with engine.begin() as editing:
        await editing.execute(
            delete(AssignmentRow).where(
                AssignmentRow.version_id == version,
                AssignmentRow.person_id.in_(text("(SELECT id FROM people WHERE external_id = 'F1')")),
            )
        )
        attempt = asyncio.create_task(publish(version))
        await asyncio.sleep(0.3)
        assert not attempt.done()
    outcome = await attempt
    assert not outcome.published
    assert {each.finding.rule for each in outcome.in_the_way} == {"SUPERVISION"}


async def test_a_publisher_that_is_killed_midway_leaves_nothing(
    engine, publish, database_url, postgres, database, sound, rows, monkeypatch
):
    version = (await import_program(engine, sound, publish=False)).version_id
    asked = publication.request_flow_run

    async def killed(connection, request):
        await asked(connection, request)
        pid = await connection.scalar(text("SELECT pg_backend_pid()"))
        async with (
            open_engine(postgres.superuser_url(database), pool_size=1) as admin,
            admin.begin() as other,
        ):
            await other.execute(text(f"SELECT pg_terminate_backend({pid})"))
        await connection.execute(text("SELECT 1"))

    monkeypatch.setattr(publication, "request_flow_run", killed)
    with pytest.raises(DBAPIError):
        await publish(version)
    assert await state(rows, version) == ("draft", None, 0)
    assert await rows(OutboxMessage.id) == []
    assert await rows(AcgmeFindingRow.id) == []
    monkeypatch.undo()
    assert (await publish(version)).published


async def test_findings_saved_by_somebody_else_meanwhile_are_judged_with(engine, publish, sound, monkeypatch):
    """The first attempt fails to serialize; the second one succeeds."""
    version = (await import_program(engine, sound, publish=False)).version_id
    seen: list[int] = []
    judged = publication.judge_loaded

    def counted(loaded, rules):
        seen.append(1)
        return judged(loaded, rules)

    saved = publication.save_findings

    async def disturbed(connection, *args, **kwargs):
        if len(seen) == 1:
            await connection.execute(text("DO $$ BEGIN RAISE serialization_failure; END $$"))
        return await saved(connection, *args, **kwargs)

    monkeypatch.setattr(publication, "judge_loaded", counted)
    monkeypatch.setattr(publication, "save_findings", disturbed)
    assert (await publish(version)).published
    assert len(seen) == 2


async def test_the_wait_for_others_has_an_end(engine, publish, sound, database_url, monkeypatch):
    version = (await import_program(engine, sound, publish=False)).version_id
    monkeypatch.setattr(publication, "_LONGEST_WAIT", timedelta(milliseconds=100))
    async with engine.begin() as editing:
        await editing.execute(update(AssignmentRow).values(notes="slowly"))
        with pytest.raises(DBAPIError, match="LockNotAvailable"):
            await publish(version)
