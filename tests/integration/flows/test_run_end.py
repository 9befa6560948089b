"""Runs that are ended from outside, or never begin, are reported and recorded all the same."""

import asyncio
import os
import signal

import pytest
from prefect import flow, get_client
from prefect.states import Crashed

from flows.platform.run_end import record_failure
from flows.platform.task_run import task_run
from flows.resilience.periodic_health_check import periodic_health_check
from flows.resilience.send_resilience_alert import send_resilience_alert
from residency.store.tables import Notification, TaskRun

SECONDS = 30


def kill_me():
    os.kill(os.getpid(), signal.SIGTERM)


async def from_a_callback():
    # What a handler raises here the loop logs and forgets, as it does while a database answers.
    asyncio.get_running_loop().call_soon(kill_me)
    await asyncio.sleep(10 * SECONDS)


async def test_sigterm_that_the_event_loop_swallows_ends_the_run_and_closes_its_record(plant, rows):
    before = signal.getsignal(signal.SIGTERM)

    @flow(name="waiting", on_crashed=[record_failure])
    async def waiting():
        async with task_run("waiting"):
            await from_a_callback()

    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(SECONDS):
            await waiting()
    asyncio.current_task().uncancel()
    assert signal.getsignal(signal.SIGTERM) is before
    (run,) = await rows(plant, TaskRun)
    assert (run.state, run.error_class) == ("FAILURE", "Crashed")
    async with get_client() as client:
        assert (await client.read_flow_run(run.run_id)).state.is_crashed()


async def test_sigterm_after_the_frame_is_left_is_prefect_s_own_again(plant):
    @flow(name="done")
    async def done():
        before = signal.getsignal(signal.SIGTERM)
        async with task_run("done") as run:
            assert signal.getsignal(signal.SIGTERM) is before
            await run.finish("done")
        assert signal.getsignal(signal.SIGTERM) is before

    await done()


@pytest.mark.parametrize(
    ("called", "parameters", "words"),
    [
        (periodic_health_check, {"horizon_days": 7, "horizon": 3}, "horizon is no parameter"),
        (send_resilience_alert, {"level": "warning", "category": "contingency"}, "message is missing"),
    ],
)
async def test_parameters_that_do_not_fit_the_flow_end_the_run_as_failed(
    plant, rows, called, parameters, words
):
    async with get_client() as client:
        run = await client.create_flow_run(called, parameters=parameters)
        crashed = Crashed(message="Process exited with status code: 1.")
        await client.set_flow_run_state(run.id, crashed, force=True)
        run = await client.read_flow_run(run.id)
        await record_failure(called, run, run.state)
        ended = (await client.read_flow_run(run.id)).state
    assert ended.is_failed()
    assert words in ended.message
    (recorded,) = await rows(plant, TaskRun)
    assert (recorded.state, recorded.error_class) == ("FAILURE", "invalid_input")
    assert words in recorded.error
    assert await rows(plant, Notification) == []


async def test_a_crash_of_a_run_that_could_be_called_stays_a_crash(plant, rows):
    async with get_client() as client:
        run = await client.create_flow_run(periodic_health_check, parameters={})
        await client.set_flow_run_state(run.id, Crashed(message="Process exited."), force=True)
        run = await client.read_flow_run(run.id)
        await record_failure(periodic_health_check, run, run.state)
        assert (await client.read_flow_run(run.id)).state.is_crashed()
    (recorded,) = await rows(plant, TaskRun)
    assert (recorded.state, recorded.error_class) == ("FAILURE", "Crashed")
