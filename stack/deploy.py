"""Run as a program: make the server ready for our flows: work pool, queues, block, deployments."""

import asyncio
import subprocess
import sys
from dataclasses import dataclass

from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectNotFound
from prefect.workers.utilities import get_default_base_job_template_for_infrastructure_type
from pydantic import SecretStr

from blocks.program_database import DOCUMENT_NAME, ProgramDatabase
from residency.settings import Settings
from stack.credentials import database_url
from stack.deployment_state import REPOSITORY
from stack.environment import scripts_folder
from stack.prefect_api import POOL


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of the pool: how many runs at once, and who goes first (1 before 2)."""

    name: str
    limit: int
    priority: int


QUEUES = (
    Queue("resilience", 4, 1),
    Queue("notifications", 1, 2),
    Queue("security", 1, 3),
    Queue("compliance", 1, 4),
    Queue("exports", 2, 5),
    Queue("metrics", 2, 6),
    Queue("default", 2, 7),
    Queue("cleanup", 1, 8),
    Queue("maintenance", 1, 9),
)


async def configure(settings: Settings) -> None:
    """Create what is missing; limits that somebody changed on the server stay as they are."""
    async with get_client() as client:
        await _ensure_pool(client)
        await _ensure_queues(client)
    await _ensure_block(settings)


async def _ensure_pool(client: PrefectClient) -> None:
    try:
        await client.read_work_pool(POOL)
    except ObjectNotFound:
        template = await get_default_base_job_template_for_infrastructure_type("process")
        await client.create_work_pool(
            WorkPoolCreate(name=POOL, type="process", base_job_template=template or {})
        )
        # Prefect makes this queue by itself, without our limit.
        default = await client.read_work_queue_by_name("default", work_pool_name=POOL)
        await client.update_work_queue(default.id, concurrency_limit=_default().limit)
        print(f"created work pool {POOL}")


async def _ensure_queues(client: PrefectClient) -> None:
    known = {queue.name for queue in await client.read_work_queues(work_pool_name=POOL, limit=200)}
    for queue in QUEUES:
        if queue.name not in known:
            await client.create_work_queue(
                queue.name,
                concurrency_limit=queue.limit,
                priority=queue.priority,
                work_pool_name=POOL,
            )
            print(f"created queue {queue.name}, at most {queue.limit} runs at a time")


async def _ensure_block(settings: Settings) -> None:
    wanted = ProgramDatabase(
        url=SecretStr(database_url(settings).get_secret_value()),
        timezone=settings.timezone,
        alert_webhook_url=settings.alert_webhook_url,
    )
    try:
        stored = await ProgramDatabase.aload(DOCUMENT_NAME)
    except ValueError:
        stored = None
    if stored is None or any(
        getattr(stored, name) != getattr(wanted, name) for name in ProgramDatabase.model_fields
    ):
        await wanted.asave(DOCUMENT_NAME, overwrite=True)
        print(f"saved block {ProgramDatabase.get_block_type_slug()}/{DOCUMENT_NAME}")


def _default() -> Queue:
    return next(queue for queue in QUEUES if queue.name == "default")


def main() -> None:
    """Configure the server, then deploy every flow; exits with the code of ``prefect deploy``."""
    asyncio.run(configure(Settings()))
    # S603: our own installation's program.
    deployed = subprocess.run(  # noqa: S603
        [str(scripts_folder() / "prefect"), "--no-prompt", "deploy", "--all"], cwd=REPOSITORY, check=False
    )
    sys.exit(deployed.returncode)


if __name__ == "__main__":
    main()
