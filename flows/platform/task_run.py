"""The frame of every flow run: its database, its record, lateness, typed failures and the stored result."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, FlowRunPolicy
from prefect.context import FlowRunContext
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from blocks.program_database import DOCUMENT_NAME, ProgramDatabase
from flows.platform.policies import Lateness
from flows.platform.termination import ended_by_sigterm
from residency.errors import DatabaseUnreachableError, ResidencyError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from residency.program.calendar import Period
    from residency.store.task_runs import RunStart


class FlowResult(BaseModel):
    """What every flow returns and stores; ``data`` is the task's own output."""

    run_id: UUID
    task: str
    status: str
    started_at: datetime
    duration_s: float
    input_hash: str | None
    warnings: list[str]
    from_cache: bool
    """Whether what was to be calculated had been calculated by an earlier run."""
    data: dict[str, Any]


@dataclass
class TaskRunFrame:
    """One attempt of one run, with the database that it works on."""

    start: "RunStart"
    engine: "AsyncEngine"
    timezone: str
    webhook_configured: bool
    compliance_role: str
    now: datetime
    too_late: bool = False
    warnings: list[str] = field(default_factory=list[str])

    @property
    def run_id(self) -> UUID:
        """The flow run's id, shared by all its attempts."""
        return self.start.run_id

    @property
    def answers_for(self) -> datetime:
        """The instant the run answers for: its scheduled start, else its first start."""
        return self.start.scheduled_for or self.start.started_at

    @property
    def today(self) -> date:
        """The current date in the site's time zone."""
        return self.now.astimezone(ZoneInfo(self.timezone)).date()

    def horizon(self, days: int) -> "Period":
        """So many days from today."""
        from residency.program.calendar import Period

        return Period.horizon(self.today, days)

    async def finish(
        self,
        status: str,
        data: dict[str, Any] | None = None,
        *,
        input_hash: str | None = None,
        from_cache: bool = False,
    ) -> dict[str, Any]:
        """Store the result in ``task_runs`` and give it back as JSON for the flow to return."""
        from residency.store.task_runs import record_success

        ended = datetime.now(UTC)
        result = FlowResult(
            run_id=self.run_id,
            task=self.start.task,
            status=status,
            started_at=self.start.started_at,
            duration_s=round((ended - self.start.started_at).total_seconds(), 3),
            input_hash=input_hash,
            warnings=self.warnings,
            from_cache=from_cache,
            data=data or {},
        ).model_dump(mode="json")
        async with self.engine.begin() as connection:
            await record_success(connection, self.run_id, ended, result)
        return result


@asynccontextmanager
async def task_run(task: str, lateness: Lateness | None = None) -> AsyncGenerator[TaskRunFrame]:
    """Frame one attempt of a flow run.

    Opens the program's database, refuses one whose schema does not fit, records the attempt and, when the
    body raises, why. An error that a retry cannot mend takes the remaining attempts away.

    Args:
        task: the flow's name.
        lateness: when a scheduled run that starts late is skipped; None runs it always. The flow looks at
            ``too_late`` and finishes as ``skipped``.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or not isinstance(context.client, PrefectClient):
        raise RuntimeError(f"{task} runs only as a Prefect flow run")
    # The context's copy of the run does not follow retries; the API's does.
    flow_run = await context.client.read_flow_run(context.flow_run.id)
    database = await ProgramDatabase.aload(DOCUMENT_NAME)
    try:
        with ended_by_sigterm():
            async with _recorded(task, flow_run, database, lateness) as frame:
                yield frame
    except ResidencyError as error:
        if not isinstance(error, DatabaseUnreachableError):
            await context.client.update_flow_run(
                flow_run.id, empirical_policy=FlowRunPolicy(retries=0, retry_delay=0)
            )
        raise


@asynccontextmanager
async def _recorded(
    task: str, flow_run: FlowRun, database: ProgramDatabase, lateness: Lateness | None
) -> AsyncGenerator[TaskRunFrame]:
    """The frame of an attempt whose start, and whose failure if it fails, stand in ``task_runs``."""
    from sqlalchemy.exc import DBAPIError

    from flows.platform.lateness import skip_if_late
    from residency.store.database import open_engine, without_values
    from residency.store.revision import require_current_schema
    from residency.store.task_runs import record_error, record_start

    url = database.url.get_secret_value()
    async with open_engine(url, actor=task, run_id=flow_run.id) as engine:
        await require_current_schema(engine)
        async with engine.begin() as connection:
            start = await record_start(connection, run_start(task, flow_run))
        frame = TaskRunFrame(
            start=start,
            engine=engine,
            timezone=database.timezone,
            webhook_configured=database.alert_webhook_url is not None,
            compliance_role=database.compliance_role,
            now=datetime.now(UTC),
        )
        skipped = await skip_if_late(engine, start, lateness, frame.now) if lateness else None
        if skipped is not None:
            frame.too_late = True
            frame.warnings.append(skipped)
        try:
            yield frame
        except Exception as error:
            known = without_values(error) if isinstance(error, DBAPIError) else error
            async with engine.begin() as connection:
                await record_error(connection, frame.run_id, error_code(known), str(known)[:2000])
            raise


def run_start(task: str, flow_run: FlowRun) -> "RunStart":
    """What ``task_runs`` keeps of an attempt, from the run as the Prefect API describes it."""
    from residency.store.task_runs import RunStart

    return RunStart(
        run_id=flow_run.id,
        task=task,
        queue=flow_run.work_queue_name,
        scheduled_for=flow_run.expected_start_time,
        started_at=flow_run.start_time or datetime.now(UTC),
        attempt=max(flow_run.run_count, 1),
        params=to_jsonable_python(flow_run.parameters),
        cause="schedule" if flow_run.auto_scheduled else "request",
        idempotency_key=flow_run.idempotency_key,
    )


def error_code(error: BaseException) -> str:
    """The typed code of our own errors, the class name of all others."""
    return error.code if isinstance(error, ResidencyError) else type(error).__name__
