"""What a killed worker leaves: runs that count as running, their processes, their records, their slots."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import psutil

from residency.settings import Settings
from stack.credentials import database_url
from stack.environment import MARK
from stack.prefect_api import PrefectApi, prefect_api
from stack.process import marked

_WHY = "the worker was killed while this run was under way"
_CODE = "crashed"
_END_SECONDS = 1.0
_RUN_VARIABLE = "PREFECT__FLOW_RUN_ID"
"""Prefect's worker starts the process of every run with it."""


def end_orphaned_runs(settings: Settings) -> None:
    """End the processes of runs whose worker was killed; to be called while no worker runs here.

    They would go on beside the runs that take their place.
    """
    orphans: list[psutil.Process] = []
    for process in marked(MARK, str(settings.home)):
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if _RUN_VARIABLE in process.environ():
                process.kill()
                orphans.append(process)
    psutil.wait_procs(orphans, timeout=_END_SECONDS)


def settle_orphans(settings: Settings) -> None:
    """Settle the runs that a killed worker left on our own server; to be called while no worker runs.

    Those that ran count as crashed, which frees their deployment's slot; those that had not begun are
    due again. On a server that others use nothing is touched, since their workers may run them.

    Raises:
        PrefectApiError: if the server does not answer.
        DatabaseNotReadyError: if the program's database does not answer.
    """
    if settings.prefect_api_url is not None:
        return
    with prefect_api(settings) as api:
        for run, state in api.runs_of_pool("RUNNING", "PENDING", "CANCELLING"):
            settled = "SCHEDULED" if state == "PENDING" else "CRASHED"
            api.set_run_state(run, settled, f"{_WHY[0].upper()}{_WHY[1:]}.")
        api.free_deployment_slots()
        asyncio.run(_close_records(settings, api))


async def _close_records(settings: Settings, api: PrefectApi) -> None:
    """Close the records of runs that have ended without saying so, and tell administrators of each.

    Prefect runs a flow's own hook for that only when the worker itself reports the crash.
    """
    from residency.messaging.run_failures import notify_run_failure
    from residency.store.database import open_engine
    from residency.store.task_runs import close_lost, started_runs

    now = datetime.now(UTC)
    async with (
        open_engine(database_url(settings).get_secret_value(), pool_size=1) as engine,
        engine.begin() as connection,
    ):
        started = await started_runs(connection)
        lost = set(started) - {UUID(run) for run in api.unfinished_runs([str(run) for run in started])}
        for run_id, task in await close_lost(connection, lost, now, _CODE, _WHY):
            await notify_run_failure(connection, run_id, task, _CODE, _WHY, now)
