"""Progress of long work as a Prefect progress artifact, safe to report from a worker thread."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from threading import Event
from uuid import UUID

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact

_STEP = 0.05


class WorkAbandonedError(Exception):
    """Raised inside a worker thread whose run is over: at its deadline, or when it was cancelled."""


@asynccontextmanager
async def progress_bar(description: str) -> AsyncGenerator[Callable[[float], None]]:
    """Give a function that takes the share done, 0..1, and shows it as a bar in the run's page.

    It may be called from any thread and as often as the work likes: the bar moves in steps of 5 %. Once the
    block has been left it raises :class:`WorkAbandonedError`, which ends work that nobody waits for.
    """
    artifact_id = await acreate_progress_artifact(progress=0.0, description=description)
    loop = asyncio.get_running_loop()
    updates: set[asyncio.Task[UUID]] = set()
    over = Event()
    shown = 0.0

    async def _update(progress: float) -> UUID:
        return await aupdate_progress_artifact(artifact_id, progress=progress)

    def _show(share: float) -> None:
        updates.add(loop.create_task(_update(100.0 * share)))

    def report(share: float) -> None:
        nonlocal shown
        if over.is_set():
            raise WorkAbandonedError
        if share - shown >= _STEP:
            shown = share
            loop.call_soon_threadsafe(_show, share)

    try:
        yield report
    finally:
        over.set()
        await asyncio.gather(*updates)
    await _update(100.0)
