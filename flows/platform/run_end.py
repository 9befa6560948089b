"""Hooks for runs that end without a result: closed in ``task_runs``, and administrators told once."""

import inspect
from datetime import UTC, datetime
from typing import Any

from prefect import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.flows import Flow
from prefect.states import Failed

from blocks.program_database import DOCUMENT_NAME, ProgramDatabase
from flows.platform.task_run import run_start

_REFUSED = "Validation of flow parameters failed"
_INVALID = "invalid_input"


async def record_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Close a run as FAILURE after its last attempt, or after its parameters were refused.

    A run whose parameters do not fit the flow's at all never begins and counts as crashed in Prefect. It is
    made to count as failed, which is what it is: a repetition would not help.
    """
    message = state.message or state.name or "no reason was given"
    if state.is_crashed() and (misfit := _misfit(flow, flow_run.parameters)) is not None:
        message = f"{_REFUSED}: {misfit}"
        await _close(flow, flow_run, "FAILURE", _INVALID, message)
        async with get_client() as client:
            await client.set_flow_run_state(flow_run.id, Failed(message=message), force=True)
        return
    code = _INVALID if message.startswith(_REFUSED) else (state.name or "Failed")
    await _close(flow, flow_run, "FAILURE", code, message)


async def record_cancellation(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Close a run as REVOKED when somebody cancelled it."""
    await _close(flow, flow_run, "REVOKED", "cancelled", state.message or "the run was cancelled")


def _misfit(flow: Flow[..., Any], given: dict[str, Any]) -> str | None:
    """Which parameters the flow does not take, or cannot do without; None when it can be called."""
    taken = inspect.signature(flow.fn).parameters
    problems = [
        f"{name} is no parameter of {flow.name}; expected one of {', '.join(taken)}"
        for name in sorted(given.keys() - taken.keys())
    ]
    problems += [
        f"{name} is missing"
        for name, parameter in taken.items()
        if parameter.default is parameter.empty and name not in given
    ]
    return "; ".join(problems) or None


async def _close(flow: Flow[..., Any], flow_run: FlowRun, state: str, code: str, why: str) -> None:
    from residency.messaging.run_failures import notify_run_failure
    from residency.store.database import open_engine
    from residency.store.task_runs import record_end

    now = datetime.now(UTC)
    database = await ProgramDatabase.aload(DOCUMENT_NAME)
    url = database.url.get_secret_value()
    async with (
        open_engine(url, actor=flow.name, run_id=flow_run.id) as engine,
        engine.begin() as connection,
    ):
        closed = await record_end(connection, run_start(flow.name, flow_run), state, now, code, why[:2000])
        if closed and state == "FAILURE":
            await notify_run_failure(connection, flow_run.id, flow.name, code, why, now)
