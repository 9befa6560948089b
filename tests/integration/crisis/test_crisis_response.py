"""A crisis from its request to its end, on a real database: what two people do, and what nobody can."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from sqlalchemy import event, update

from residency.crisis.asking import CrisisWord
from residency.crisis.deactivation import deactivate_crisis
from residency.crisis.requests import REQUEST_LIFETIME, decline_request
from residency.crisis.simulation import simulate_crisis
from residency.crisis.status import crisis_status
from residency.errors import ConflictError, InvalidInputError, NotFoundError
from residency.store.fallback_schedules import list_fallbacks
from residency.store.tables import (
    AssignmentRow,
    AuditEntryRow,
    CrisisActivation,
    CrisisRequest,
    FallbackActivation,
    FallbackScheduleRow,
    LoadSheddingDecision,
    OutboxMessage,
    ResilienceEvent,
    ScheduleVersion,
)


def now():
    return datetime.now(UTC)


async def test_two_people_declare_a_crisis_and_a_coordinator_gets_a_draft(
    engine, published, busy, lose, ask, approve, rows
):
    for person in busy[:2]:
        await lose(person)
    request = await ask(key="first")
    again = await ask(key="first")
    assert (again.id, len(await rows(CrisisRequest))) == (request.id, 1)
    assert await rows(CrisisActivation) == []

    outcome = await approve(request)
    assert (outcome.result, outcome.plan.scenario) == ("activated", "2_faculty_loss")
    assert outcome.plan.fallback.made_on_the_spot
    assert len(outcome.plan.lost) == 2
    (crisis,) = await rows(CrisisActivation)
    assert (crisis.level, crisis.shedding_level, crisis.approved_by) == ("critical", "RED", "Chief")
    (decision,) = await rows(LoadSheddingDecision)
    assert (decision.from_level, decision.to_level, decision.method) == ("NORMAL", "RED", "level")
    assert {each["category"] for each in decision.suspended} <= {4, 5, 6, 7}
    assert {each["category"] for each in decision.protected} <= {1, 2, 3}
    assert decision.suspended
    assert decision.protected

    (draft,) = await rows(ScheduleVersion, ScheduleVersion.publication == "draft")
    assert draft.id == outcome.version_id
    (source,) = await rows(ScheduleVersion, ScheduleVersion.publication == "published")
    assert source.id == published
    repaired = await rows(
        AssignmentRow, AssignmentRow.version_id == draft.id, AssignmentRow.source == "absence_repair"
    )
    assert repaired
    (fallback,) = await rows(FallbackScheduleRow)
    (activation,) = await rows(FallbackActivation)
    assert (fallback.status, activation.fallback_id, activation.version_id) == (
        "active",
        fallback.id,
        draft.id,
    )
    assert {each.type for each in await rows(ResilienceEvent)} == {
        "crisis_requested",
        "crisis_approved",
        "crisis_activated",
        "load_shedding_changed",
        "fallback_activated",
    }
    wishes = {
        each.dedup_key: each for each in await rows(OutboxMessage) if each.dedup_key.startswith("crisis")
    }
    assert wishes[f"crisis_request:{request.id}"].done_at is not None
    alert = wishes[f"crisis:{request.id}"]
    assert alert.done_at is None
    assert alert.payload["flow"] == "send_resilience_alert"
    assert alert.payload["parameters"]["level"] == "critical"
    assert str(draft.id) in alert.payload["parameters"]["message"]
    assert wishes[f"crisis:{request.id}:metrics"].payload["parameters"] == {"version_id": str(draft.id)}

    replayed = await approve(request)
    assert replayed == outcome.model_copy(update={"replayed": True})
    assert len(await rows(LoadSheddingDecision)) == 1
    with pytest.raises(ConflictError, match=r"was approved by Chief at .* and cannot be decided again"):
        await approve(request, by="deputy")


async def test_the_log_says_who_asked_and_approved_and_why(engine, published, ask, approve):
    await approve(await ask(reason="The ward is closed."))
    async with engine.connect() as connection:
        found = (await connection.execute(AuditEntryRow.__table__.select())).all()
    told = {
        (each.entity_type, each.action)
        for each in found
        if each.reason == "crisis requested by coordinator, approved by Chief: The ward is closed."
    }
    assert {
        ("crisis_activations", "insert"),
        ("crisis_activations", "execute"),
        ("crisis_requests", "update"),
    } <= told


async def test_a_crisis_rises_and_never_falls_before_it_ends(
    engine, published, busy, lose, ask, approve, rows
):
    await lose(busy[0])
    first = await approve(await ask("warning", key="1"))
    assert (first.plan.load.level, first.plan.scenario) == ("ORANGE", "1_faculty_loss")
    waiting = await ask("critical", key="2")
    late = await ask("emergency", key="3", by="deputy")
    raised = await approve(late, by="coordinator")
    assert (raised.result, raised.crisis_id) == ("raised", first.crisis_id)
    assert (raised.plan.from_level, raised.plan.load.level) == ("ORANGE", "BLACK")
    assert raised.plan.scenario == "mass_casualty_event"
    kept = await approve(waiting)
    assert (kept.result, kept.version_id, kept.crisis_id) == ("unchanged", None, first.crisis_id)
    (crisis,) = await rows(CrisisActivation)
    assert (crisis.shedding_level, crisis.level) == ("BLACK", "emergency")
    with pytest.raises(ConflictError, match="open already with load shed to BLACK"):
        await ask(None, severity="minor", key="4")

    status = await crisis_status(engine, now())
    assert (status.is_open, status.level, len(status.fallbacks)) == (True, "BLACK", 2)
    stopped = [each.category for each in status.shedding.suspended]
    assert stopped == sorted(stopped, reverse=True)

    with pytest.raises(InvalidInputError, match="reason"):
        await deactivate_crisis(engine, reason=" ", by="coordinator", now=now())
    with pytest.raises(InvalidInputError, match="administrator or coordinator"):
        await deactivate_crisis(engine, reason="over", by="doctor", now=now())
    ended = await deactivate_crisis(engine, reason="All are back.", by="coordinator", now=now())
    order = [each.category for each in ended.order]
    assert (ended.result, ended.from_level, ended.fallbacks_off) == ("deactivated", "BLACK", 2)
    assert order == sorted(order)
    assert set(order) == set(stopped)
    assert set(ended.drafts) == {first.version_id, raised.version_id}
    (crisis,) = await rows(CrisisActivation)
    assert [each["category"] for each in crisis.recovery_plan["order"]] == order
    assert {each.status for each in await rows(FallbackScheduleRow)} == {"ready"}
    assert all(each.deactivated_at for each in await rows(FallbackActivation))
    newest = (await rows(LoadSheddingDecision))[-1]
    assert (newest.to_level, newest.method) == ("NORMAL", "deactivation")
    assert all(each.recovered_at for each in await rows(LoadSheddingDecision))
    again = await deactivate_crisis(engine, reason="All are back.", by="coordinator", now=now())
    assert again.result == "no_action"
    over = await crisis_status(engine, now())
    assert (over.is_open, over.level, over.shedding, over.fallbacks) == (False, "NORMAL", None, ())
    (source,) = await rows(ScheduleVersion, ScheduleVersion.publication == "published")
    assert source.id == published
    assert (await approve(await ask(key="5"))).result == "activated"


async def test_only_two_different_responsible_people_can(engine, published, ask, approve, rows):
    for name, error, told in (
        ("nobody", NotFoundError, "requested_by: there is no active user 'nobody'"),
        ("gone", NotFoundError, "requested_by: there is no active user 'gone'"),
        ("doctor", InvalidInputError, "an administrator or coordinator; the user's role is faculty"),
    ):
        with pytest.raises(error, match=told):
            await ask(by=name)
    request = await ask(by="CHIEF")
    assert request.asked.requested_by == "Chief"
    for name, error in (
        ("chief", InvalidInputError),
        ("chief.private", InvalidInputError),
        ("doctor", InvalidInputError),
        ("gone", NotFoundError),
        ("nobody", NotFoundError),
    ):
        with pytest.raises(error) as refused:
            await approve(request, by=name)
        assert str(refused.value).startswith("by: ")
    with pytest.raises(InvalidInputError, match="a second person; 'Chief' has requested it"):
        await decline_request(engine, request.id, by="Chief", reason="no", now=now())
    with pytest.raises(
        InvalidInputError, match="approved_by: 'Chief' is not valid; expected a second person"
    ):
        await ask(key="other", by="Chief", approver="chief")
    with pytest.raises(NotFoundError, match="there is no crisis request"):
        await approve(type("Unknown", (), {"id": UUID(int=0)}))
    assert await rows(CrisisActivation) == []
    assert len(await rows(CrisisRequest)) == 1


async def test_critical_is_an_administrator_s_alone(published, ask, approve, rows):
    with pytest.raises(InvalidInputError, match="to_critical: True is not valid; expected level emergency"):
        await ask("critical", to_critical=True)
    request = await ask("emergency", to_critical=True)
    with pytest.raises(InvalidInputError, match="nobody else may have load shed to CRITICAL"):
        await approve(request, by="deputy")
    outcome = await approve(request)
    (decision,) = await rows(LoadSheddingDecision)
    assert (outcome.plan.load.level, decision.to_level, decision.method) == (
        "CRITICAL",
        "CRITICAL",
        "administrator",
    )
    assert {each["category"] for each in decision.protected} == {1}


async def test_a_request_is_decided_once_and_in_time(engine, published, ask, approve, rows):
    old = now() - REQUEST_LIFETIME
    expired = await ask(key="old", now=old)
    with pytest.raises(ConflictError, match=r"expired at .* UTC, 4 hours after it was made"):
        await approve(expired)
    assert [each.status for each in await rows(CrisisRequest)] == ["expired"]
    in_time = await ask(key="in time", now=now() - REQUEST_LIFETIME + timedelta(minutes=1))
    declined = await decline_request(engine, in_time.id, by="deputy", reason="We cope.", now=now())
    assert (declined.status, declined.decision_reason) == ("declined", "We cope.")
    repeated = await decline_request(engine, in_time.id, by="deputy", reason="We cope.", now=now())
    assert repeated == declined
    with pytest.raises(ConflictError, match="was declined by deputy"):
        await approve(in_time)
    with pytest.raises(ConflictError, match=r"was used for crisis request .* which asks for something else"):
        await ask("warning", key="in time")
    assert (await ask(key="in time")).status == "declined"
    for bad in ({"key": ""}, {"key": "k" * 256}, {"reason": "two\nlines"}, {"reason": ""}):
        with pytest.raises(InvalidInputError):
            await ask(**bad)
    types = [each.type for each in await rows(ResilienceEvent)]
    assert sorted(types) == ["crisis_declined", "crisis_expired", "crisis_requested", "crisis_requested"]
    assert all(each.done_at for each in await rows(OutboxMessage) if "crisis" in each.dedup_key)


async def test_at_once_and_from_two_sides_there_is_one_crisis(published, ask, approve, rows):
    requests = [await ask(key="1"), await ask("emergency", key="2", by="deputy")]
    outcomes = await asyncio.gather(*(approve(request) for request in requests))
    assert sorted(each.result for each in outcomes) in (["activated", "raised"], ["activated", "unchanged"])
    assert {each.crisis_id for each in outcomes} == {(await rows(CrisisActivation))[0].id}
    (crisis,) = await rows(CrisisActivation)
    assert crisis.shedding_level == "BLACK"


async def test_of_two_who_approve_at_once_one_does(engine, published, ask, approve, rows):
    request = await ask()
    both = await asyncio.gather(
        approve(request, by="Chief"), approve(request, by="deputy"), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in both) == ["ConflictError", "CrisisOutcome"]
    assert len(await rows(LoadSheddingDecision)) == 1
    ends = await asyncio.gather(
        *(deactivate_crisis(engine, reason="over", by="deputy", now=now()) for _ in range(2))
    )
    assert sorted(each.result for each in ends) == ["deactivated", "no_action"]


async def test_whatever_statement_it_dies_at_nothing_is_half_done(
    engine, published, busy, lose, ask, approve, counts
):
    await lose(busy[0])
    request = await ask()
    before = await counts()
    statements = 0
    dies_at = 0

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def die(_connection, _cursor, statement, *_others):
        nonlocal statements
        if statement.startswith(("INSERT", "UPDATE", "DELETE", "SELECT audit", "SELECT set_config")):
            statements += 1
            if statements == dies_at:
                raise ConnectionAbortedError("killed")

    try:
        for dies_at in count(1):
            statements = 0
            try:
                outcome = await approve(request)
            except ConnectionAbortedError:
                assert await counts() == before, f"died at writing statement {dies_at}"
            else:
                break
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", die)
    assert dies_at > 15
    assert outcome.result == "activated"


async def test_a_prepared_fallback_is_used_while_it_holds(engine, published, busy, lose, ask, approve, rows):
    await lose(busy[0])
    first = await approve(await ask("warning", key="1"))
    await deactivate_crisis(engine, reason="over", by="deputy", now=now())
    prepared = await approve(await ask("warning", key="2"))
    assert prepared.plan.fallback.id == first.plan.fallback.id
    assert not prepared.plan.fallback.made_on_the_spot
    await deactivate_crisis(engine, reason="over", by="deputy", now=now())

    async with engine.begin() as connection:
        (held,) = await rows(FallbackScheduleRow)
        await connection.execute(
            update(FallbackScheduleRow).where(FallbackScheduleRow.id == held.id).values(input_hash="former")
        )
    with pytest.raises(ConflictError, match="is out of date"):
        await approve(await ask("warning", key="3", fallback_id=held.id))
    other = await approve(await ask("warning", key="4"))
    assert other.plan.fallback.made_on_the_spot
    assert other.plan.notes == (
        f"The prepared fallback {held.id} is out of date, for something that it depends on has changed, and "
        "was not used.",
    )
    named = await ask("warning", key="5", fallback_id=other.plan.fallback.id)
    assert (await approve(named)).version_id == other.version_id
    with pytest.raises(NotFoundError, match="there is no fallback schedule"):
        await ask("critical", key="6", fallback_id=UUID(int=1))
    async with engine.connect() as connection:
        assert len(await list_fallbacks(connection)) == 2


async def test_a_simulation_touches_nothing(engine, published, busy, lose, counts):
    await lose(busy[0])
    before = await counts()
    plan = await simulate_crisis(engine, CrisisWord(None, "moderate"), now=now(), timezone="UTC")
    assert (plan.load.level, plan.scenario, plan.fallback.id) == ("ORANGE", "1_faculty_loss", None)
    assert plan.fallback.made_on_the_spot
    assert {each.category for each in plan.load.suspended} <= {5, 6, 7}
    assert await counts() == before
    assert (await crisis_status(engine, now())).crisis is None


async def test_without_a_loss_or_a_schedule_there_is_still_an_answer(engine, published, ask, approve):
    quiet = await approve(await ask("warning"))
    assert (quiet.result, quiet.plan.scenario, quiet.version_id) == ("activated", None, None)
    await deactivate_crisis(engine, reason="over", by="deputy", now=now())
    far = now() + timedelta(days=400)
    empty = await approve(await ask("critical", key="far", now=far), now=far)
    assert (empty.result, empty.version_id) == ("activated", None)
    assert empty.plan.notes == (
        "No published schedule covers these days, so there is no work to count and no draft to make.",
    )
