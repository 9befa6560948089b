"""Progress of long work as a Prefect progress artifact, safe to report from a worker thread."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact

_STEP = 0.05


@asynccontextmanager
async def progress_bar(description: str) -> AsyncGenerator[Callable[[float], None]]:
    """Give a function that takes the share done, 0..1, and shows it as a bar in the run's page.

    It may be called from any thread and as often as the work likes: the bar moves in steps of 5 %.
    """
    artifact_id = await acreate_progress_artifact(progress=0.0, description=description)
    loop = asyncio.get_running_loop()
    updates: set[asyncio.Task[UUID]] = set()
    shown = 0.0

    async def _update(progress: float) -> UUID:
        return await aupdate_progress_artifact(artifact_id, progress=progress)

    def _show(share: float) -> None:
        updates.add(loop.create_task(_update(100.0 * share)))

    def report(share: float) -> None:
        nonlocal shown
        if share - shown >= _STEP:
            shown = share
            loop.call_soon_threadsafe(_show, share)

    yield report
    await asyncio.gather(*updates)
    await aupdate_progress_artifact(artifact_id, progress=100.0)
