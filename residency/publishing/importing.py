"""Importing a program together with the wish for the forecast that its absences and schedule call for."""

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from residency.messaging.forecast_requests import FLOW, request_forecast_of_absences
from residency.messaging.outbox import FlowRunRequest, request_flow_run
from residency.program.records import Program
from residency.store.program_writer import ImportOutcome, import_program


async def import_announced(
    engine: AsyncEngine, program: Program, *, publish: bool, actor: str = "import"
) -> ImportOutcome:
    """Import a program as :func:`~residency.store.program_writer.import_program` does.

    In the same transaction a utilization forecast is wished for if absences changed or a schedule became the
    published one; the same import a second time wishes for none.
    """
    return await import_program(engine, program, publish=publish, actor=actor, then=_request_forecast)


async def _request_forecast(connection: AsyncConnection, outcome: ImportOutcome) -> None:
    if not await request_forecast_of_absences(connection) and outcome.newly_published:
        key = f"schedule_imported:{outcome.version_id}:{FLOW}"
        await request_flow_run(connection, FlowRunRequest(flow=FLOW, parameters={}, dedup_key=key))
