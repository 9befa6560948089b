"""Crisis response as flow runs: what is shown, what waits for a second person, what is refused at once."""

import asyncio
from datetime import UTC, datetime

import pytest
from prefect import get_client
from prefect.settings import get_current_settings
from pydantic import SecretStr
from sqlalchemy import insert

from flows.resilience.activate_crisis_response import activate_crisis_response
from flows.resilience.deactivate_crisis_response import deactivate_crisis_response
from residency.crisis.asking import CrisisAsk, CrisisWord
from residency.crisis.requests import file_request
from residency.errors import ConflictError, InvalidInputError
from residency.messaging.outbox import FlowRunRequest, request_flow_run
from residency.settings import Settings
from residency.store.tables import (
    CrisisActivation,
    CrisisRequest,
    OutboxMessage,
    ScheduleVersion,
    TaskRun,
    UserRow,
)
from stack.wishes import carry_out_wishes

ASK = {
    "level": "critical",
    "reason": "Dr Secret and Dr Hidden are ill.",
    "requested_by": "coordinator",
    "idempotency_key": "night of the storm",
}


async def test_a_crisis_is_tried_out_requested_approved_and_ended(scheduled, deployed, rows, artifact):
    tried = await activate_crisis_response(**ASK, dry_run=True)
    assert tried["status"] == "simulated"
    assert tried["data"]["load"]["level"] == "RED"
    shown = await artifact("crisis-response")
    assert shown.data.startswith("# Crisis response, simulated\n\n**Level critical sheds load to RED")
    assert await rows(scheduled, CrisisRequest) == []

    waits = await activate_crisis_response(**ASK)
    assert waits["status"] == "awaiting_approval"
    (request,) = await rows(scheduled, CrisisRequest)
    shown = await artifact("crisis-response")
    assert f"residency crisis approve {request.id} --by NAME" in shown.data
    assert await rows(scheduled, CrisisActivation) == []

    active = await activate_crisis_response(**ASK, approved_by="administrator")
    assert active["status"] == "activated"
    replayed = await activate_crisis_response(**ASK, approved_by="administrator")
    assert replayed["data"] == {**active["data"], "replayed": True}
    asked_only = await activate_crisis_response(**ASK)
    assert (asked_only["status"], asked_only["data"]["outcome"]["result"]) == ("approved", "activated")
    shown = await artifact("crisis-response")
    drafts = await rows(scheduled, ScheduleVersion, ScheduleVersion.publication == "draft")
    assert [str(each.id) for each in drafts] == ([active["data"]["version_id"]] if drafts else [])
    async with get_client() as client:
        runs = await client.read_flow_runs(limit=200)
    key = f"crisis:{request.id}"
    (alert,) = [run for run in runs if run.idempotency_key == key]
    assert (alert.parameters["level"], alert.parameters["category"]) == ("critical", "crisis")
    assert "Secret" not in alert.parameters["message"] + shown.data + alert.name

    ended = await deactivate_crisis_response(reason="All are well again.", by="administrator")
    assert (ended["status"], ended["data"]["from_level"]) == ("deactivated", "RED")
    categories = [each["category"] for each in ended["data"]["order"]]
    assert categories == sorted(categories)
    shown = await artifact("crisis-response")
    assert shown.data.startswith("# Crisis response, ended\n\n**The crisis is over: load is back from RED")


@pytest.fixture
async def users(plant):
    """An administrator and a coordinator, and no schedule."""
    async with plant.begin() as connection:
        for name, role in (("administrator", "admin"), ("coordinator", "coordinator")):
            user = {"username": name, "email": f"{name}@example.org", "role": role}
            await connection.execute(insert(UserRow).values(user))


async def test_what_cannot_be_is_refused_at_once_and_leaves_nothing(plant, users, deployed, rows):
    await activate_crisis_response(**{**ASK, "idempotency_key": "taken"})
    for given, error in (
        ({"level": "severe"}, InvalidInputError),
        ({"severity": "critical"}, InvalidInputError),
        ({"approved_by": "COORDINATOR"}, InvalidInputError),
        ({"idempotency_key": "taken", "reason": "Something else."}, ConflictError),
    ):
        with pytest.raises(error):
            await activate_crisis_response(**{**ASK, **given})
    failed = await rows(plant, TaskRun, TaskRun.state == "FAILURE")
    assert sorted(each.error_class for each in failed) == ["conflict", *["invalid_input"] * 3]
    assert {each.attempt for each in failed} == {1}
    assert len(await rows(plant, CrisisRequest)) == 1
    assert await rows(plant, CrisisActivation) == []


async def test_a_command_s_wishes_are_started_at_once_and_once(
    plant, users, deployed, rows, database_url, tmp_path
):
    ask = CrisisAsk(CrisisWord("critical", None), "ill", "coordinator", "key")
    async with plant.begin() as connection:
        await request_flow_run(connection, FlowRunRequest(flow="no_such", parameters={}, dedup_key="lost"))
    filed = await file_request(plant, ask, now=datetime.now(UTC))
    settings = Settings(
        _env_file=None,
        home=tmp_path,
        database_url=SecretStr(database_url),
        prefect_api_url=get_current_settings().api.url,
    )
    assert await asyncio.to_thread(lambda: asyncio.run(carry_out_wishes(settings))) == (
        "no_such is not deployed"
    )
    assert await asyncio.to_thread(lambda: asyncio.run(carry_out_wishes(settings))) is None
    key = f"crisis_request:{filed.request.id}"
    async with get_client() as client:
        runs = [run for run in await client.read_flow_runs(limit=200) if run.idempotency_key == key]
    assert [run.parameters["level"] for run in runs] == ["warning"]
    done = {each.dedup_key: each.done_at for each in await rows(plant, OutboxMessage)}
    assert done[key] is not None
    assert done["lost"] is None
