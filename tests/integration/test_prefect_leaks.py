"""A flow run under way and a slot in use are seen, so that no test can leave either behind."""

import pytest
from prefect import flow, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.states import Cancelled, Paused, Pending, Running


@flow
async def errand() -> None:
    """Never runs itself; its runs are made by the tests."""


@pytest.mark.parametrize("state", [Pending, Running, Paused])
async def test_a_run_under_way_is_seen_until_it_has_ended(busy_in_prefect, state):
    assert busy_in_prefect() == []
    async with get_client() as client:
        run = await client.create_flow_run(errand)
        await client.set_flow_run_state(run.id, state(), force=True)
        assert busy_in_prefect() == [f"flow run {run.name}, {state().name}"]
        await client.set_flow_run_state(run.id, Cancelled(), force=True)
    assert busy_in_prefect() == []


async def test_a_slot_is_seen_until_it_is_released(busy_in_prefect):
    async with get_client() as client:
        await client.create_global_concurrency_limit(
            GlobalConcurrencyLimitCreate(name="errands", limit=2, active=True, active_slots=0)
        )
        await client.increment_concurrency_slots(names=["errands"], slots=1, mode="concurrency")
        assert busy_in_prefect() == ["1 slots of errands"]
        await client.release_concurrency_slots(names=["errands"], slots=1, occupancy_seconds=0.1)
    assert busy_in_prefect() == []
