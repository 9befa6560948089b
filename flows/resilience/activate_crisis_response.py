"""Flow: two people declare a crisis; load is shed and a fallback becomes a draft, not yet published."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field

from flows.platform.policies import CRISIS
from flows.platform.process import prepare
from flows.platform.requests import start_requested_flows
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run

prepare("flows.steps.activate_crisis_response")


def _run_name() -> str:
    kind = "simulated" if flow_run.parameters["dry_run"] else "requested"
    return f"crisis response {kind}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


@flow(
    name="activate_crisis_response",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **CRISIS,
)
async def activate_crisis_response(
    reason: Annotated[str, Field(min_length=1, max_length=2000)],
    requested_by: Annotated[str, Field(min_length=1)],
    idempotency_key: Annotated[str, Field(min_length=1, max_length=255)],
    level: str | None = None,
    severity: str | None = None,
    approved_by: Annotated[str, Field(min_length=1)] | None = None,
    fallback_id: UUID | None = None,
    to_critical: bool = False,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Declare a crisis when two people agree; without the second one the request waits for them.

    Args:
        reason: why.
        requested_by: the user who asks, an administrator or coordinator.
        idempotency_key: the same key and request is answered as the first time.
        level: warning, critical or emergency; exactly one of level and severity.
        severity: minor, moderate, severe or critical.
        approved_by: the second person; without one the request waits for `residency crisis approve`.
        fallback_id: the fallback to use instead of the one that fits.
        to_critical: shed load to CRITICAL, which only an administrator may approve.
        dry_run: show what would be suspended and protected, and touch nothing.
    """
    async with task_run("activate_crisis_response") as run:
        from flows.steps import activate_crisis_response as steps

        ask = steps.asked(
            reason, requested_by, idempotency_key, level, severity, fallback_id, to_critical=to_critical
        )
        if dry_run:
            plan = await steps.simulate(run, ask)
            return await run.finish("simulated", plan.model_dump(mode="json"))
        filed = await steps.file(run, ask, approved_by)
        if approved_by is None:
            status = await steps.publish_request(run, filed)
            await start_requested_flows(run.engine)
            return await run.finish(status, steps.request_facts(filed))
        outcome = await steps.approve(run, filed, approved_by)
        await start_requested_flows(run.engine)
        return await run.finish(outcome.result, outcome.model_dump(mode="json"))
