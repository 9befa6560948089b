"""Hooks for runs that end without a result: closed in ``task_runs``, and administrators told once."""

from datetime import UTC, datetime
from typing import Any

from prefect.client.schemas.objects import FlowRun, State
from prefect.flows import Flow

from blocks.program_database import DOCUMENT_NAME, ProgramDatabase
from flows.platform.task_run import run_start
from residency.messaging.run_failures import notify_run_failure
from residency.store.database import open_engine
from residency.store.task_runs import record_end

_REFUSED = "Validation of flow parameters failed"


async def record_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Close a run as FAILURE after its last attempt, or after its parameters were refused."""
    message = state.message or state.name or "no reason was given"
    code = "invalid_input" if message.startswith(_REFUSED) else (state.name or "Failed")
    await _close(flow, flow_run, "FAILURE", code, message)


async def record_cancellation(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Close a run as REVOKED when somebody cancelled it."""
    await _close(flow, flow_run, "REVOKED", "cancelled", state.message or "the run was cancelled")


async def _close(flow: Flow[..., Any], flow_run: FlowRun, state: str, code: str, why: str) -> None:
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
