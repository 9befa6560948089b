"""Alerts as flow runs on a real server and database, and the outbox's wishes turned into runs, each once."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prefect import flow, get_client

from flows.platform.requests import start_requested_flows
from flows.resilience.send_resilience_alert import send_resilience_alert
from residency.errors import ConflictError, NotFoundError
from residency.messaging.outbox import FlowRunRequest, request_flow_run
from residency.store.tables import (
    Notification,
    OutboxMessage,
    ResilienceAlert,
    TaskRun,
)

ALERT = {"level": "warning", "category": "contingency", "message": "F-7KQ2 is irreplaceable."}


async def test_the_alert_flow_raises_joins_and_replays(scheduled, deployed, rows):
    raised = await send_resilience_alert(**ALERT, idempotency_key="one")
    joined = await send_resilience_alert(**ALERT, idempotency_key="two")
    replayed = await send_resilience_alert(**ALERT, idempotency_key="one")
    assert (raised["status"], joined["status"], replayed["status"]) == ("raised", "joined", "raised")
    (alert,) = await rows(scheduled, ResilienceAlert)
    assert alert.occurrences == 2
    assert len(await rows(scheduled, Notification)) == raised["data"]["notified"]


async def test_an_alert_asks_for_its_own_escalation_which_then_raises_it(scheduled, deployed, rows):
    raised = await send_resilience_alert(**ALERT)
    alert_id = raised["data"]["alert_id"]
    async with get_client() as client:
        (follow_up,) = [
            run
            for run in await client.read_flow_runs(limit=200)
            if run.parameters.get("escalates") == alert_id
        ]
    (alert,) = await rows(scheduled, ResilienceAlert)
    assert abs(follow_up.expected_start_time - alert.next_escalation_at) < timedelta(seconds=1)
    early = await send_resilience_alert(**follow_up.parameters)
    assert early["status"] == "early"
    async with scheduled.begin() as connection:
        await connection.execute(
            ResilienceAlert.__table__.update().values(next_escalation_at=datetime.now(UTC))
        )
    risen = await send_resilience_alert(**follow_up.parameters)
    assert (risen["status"], risen["data"]["level"]) == ("raised", "critical")


async def test_a_key_used_for_another_alert_fails_at_once_without_a_retry(scheduled, deployed, rows):
    await send_resilience_alert(**ALERT, idempotency_key="one")
    with pytest.raises(ConflictError):
        await send_resilience_alert(**{**ALERT, "category": "health_check"}, idempotency_key="one")
    (failed,) = await rows(scheduled, TaskRun, TaskRun.state == "FAILURE")
    assert (failed.attempt, failed.error_class) == (1, "conflict")
    told = await rows(scheduled, Notification, Notification.dedup_key == f"failed:{failed.run_id}")
    assert len(told) >= 1


async def test_an_alert_that_nobody_can_read_fails_at_once(plant, rows):
    with pytest.raises(NotFoundError, match="nobody could be told"):
        await send_resilience_alert(**ALERT)
    (failed,) = await rows(plant, TaskRun)
    assert (failed.state, failed.attempt, failed.error_class) == ("FAILURE", 1, "not_found")


async def test_a_wish_for_a_flow_that_is_not_deployed_holds_up_no_other(plant, deployed, rows):
    lost = FlowRunRequest(flow="no_such_flow", parameters={}, dedup_key=f"lost:{uuid4()}")
    good = FlowRunRequest(flow="send_resilience_alert", parameters=ALERT, dedup_key=f"good:{uuid4()}")
    async with plant.begin() as connection:
        await request_flow_run(connection, lost)
    async with plant.begin() as connection:
        await request_flow_run(connection, good)

    @flow
    async def relay():
        return await start_requested_flows(plant)

    assert await relay() == 1
    done = {row.dedup_key: row.done_at for row in await rows(plant, OutboxMessage)}
    assert done[lost.dedup_key] is None
    assert done[good.dedup_key] is not None


async def test_requests_survive_a_relay_that_dies_and_start_one_run(plant, deployed, rows):
    key = f"test:{uuid4()}"
    wish = FlowRunRequest(flow="send_resilience_alert", parameters=ALERT, dedup_key=key)
    async with plant.begin() as connection:
        assert await request_flow_run(connection, wish)
        assert not await request_flow_run(connection, wish)

    @flow
    async def relay(die: bool):
        await start_requested_flows(plant)
        if die:
            async with plant.begin() as connection:  # as if the commit of done_at had been lost
                await connection.execute(OutboxMessage.__table__.update().values(done_at=None))

    await relay(die=True)
    await relay(die=False)
    async with get_client() as client:
        runs = [run for run in await client.read_flow_runs(limit=200) if run.idempotency_key == key]
    assert len(runs) == 1
    (message,) = await rows(plant, OutboxMessage)
    assert message.done_at is not None
