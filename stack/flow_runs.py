"""Starting flow runs through the Prefect API and following them to their end."""

import asyncio
import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import LogSort
from prefect.exceptions import PrefectHTTPStatusError

from residency.errors import InvalidInputError, NotFoundError, ResidencyError
from residency.settings import Settings
from stack.database import program_database
from stack.patience import patiently

_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class EndedRun:
    """How a run ended, with the result that it stored."""

    name: str
    state: str
    message: str
    succeeded: bool
    result: dict[str, Any] | None


async def start(flow: str, parameters: dict[str, Any]) -> FlowRun:
    """Start the deployment of a flow.

    Raises:
        NotFoundError: if no such flow is deployed; the nearest names are given.
        InvalidInputError: if a parameter is unknown or its value does not fit.
        ResidencyError: if the Prefect server does not answer.
    """
    async with get_client() as client:
        try:
            deployments = await client.read_deployments(limit=200)
        except httpx.TransportError as error:
            raise ResidencyError(
                f"the Prefect server at {client.api_url} does not answer; start it with `residency up`"
            ) from error
        deployment = _deployment(flow, deployments)
        _check_names(deployment, parameters)
        try:
            return await client.create_flow_run_from_deployment(deployment.id, parameters=parameters)
        except PrefectHTTPStatusError as error:
            raise _refusal(error, parameters) from error


def _deployment(flow: str, deployments: list[DeploymentResponse]) -> DeploymentResponse:
    by_name = {deployment.name: deployment for deployment in deployments}
    if flow in by_name:
        return by_name[flow]
    near = difflib.get_close_matches(flow, by_name, n=1)
    hint = f"did you mean {near[0]}?" if near else f"deployed are {', '.join(sorted(by_name)) or 'none'}"
    raise NotFoundError(f"no flow {flow!r} is deployed; {hint}")


def _check_names(deployment: DeploymentResponse, parameters: dict[str, Any]) -> None:
    schema = deployment.parameter_openapi_schema or {}
    known = list(schema.get("properties", {}))
    for name, value in parameters.items():
        if name not in known:
            raise InvalidInputError(
                f"parameter {name}", value, f"one of {', '.join(known) or 'no parameters'}"
            )


def _refusal(error: PrefectHTTPStatusError, parameters: dict[str, Any]) -> ResidencyError:
    if error.response.status_code not in {409, 422}:
        return ResidencyError(f"the Prefect server refused to start the run: {error.response.text[:300]}")
    detail = error.response.json().get("detail", error.response.text)
    return InvalidInputError("parameters", parameters, f"values that the flow accepts ({detail})")


async def follow(settings: Settings, run_id: UUID, say: Callable[[str], None] | None = None) -> EndedRun:
    """Wait for a run's end, also while a server that died is started again.

    Args:
        settings: which plant.
        run_id: the run.
        say: told each new state and log line, unless nobody listens.
    """
    seen_state, seen_logs = "", 0
    async with get_client() as client:
        while True:
            current = await patiently(lambda: client.read_flow_run(run_id))
            state = current.state
            ended = state is not None and state.is_final()
            if say is not None:
                seen_logs = await _tell_logs(client, run_id, seen_logs, say)
                if state is not None and state.name != seen_state:
                    seen_state = state.name or ""
                    say(f"[{seen_state}] {state.message or ''}".rstrip())
                if ended:
                    await _tell_logs(client, run_id, seen_logs, say)
            if state is not None and ended:
                return EndedRun(
                    name=current.name,
                    state=state.name or state.type.value,
                    message=state.message or "",
                    succeeded=state.is_completed(),
                    result=await patiently(lambda: _stored_result(settings, run_id)),
                )
            await asyncio.sleep(_POLL_SECONDS)


async def _tell_logs(client: PrefectClient, run_id: UUID, seen: int, say: Callable[[str], None]) -> int:
    of_run = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run_id]))
    logs = await patiently(
        lambda: client.read_logs(of_run, sort=LogSort.TIMESTAMP_ASC, offset=seen, limit=200)
    )
    for line in logs:
        if line.task_run_id is not None and line.message.startswith("Finished in state"):
            continue  # says neither which task nor anything the flow's own lines do not
        say(f"{line.timestamp:%H:%M:%S}  {line.message}")
    return seen + len(logs)


async def _stored_result(settings: Settings, run_id: UUID) -> dict[str, Any] | None:
    from residency.store.task_runs import stored_result

    async with program_database(settings) as engine, engine.connect() as connection:
        return await stored_result(connection, run_id)
