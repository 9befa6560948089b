"""A real Prefect server, a real database behind its block, and ways to look at what flows left in both."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import Artifact
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from blocks.program_database import DOCUMENT_NAME, ProgramDatabase
from flows.resilience.run_contingency_analysis import run_contingency_analysis
from flows.resilience.send_resilience_alert import send_resilience_alert
from residency.importing.sample import sample_program
from residency.store.program_writer import import_program


@pytest.fixture
async def plant(prefect_server: None, database_url: str, engine: AsyncEngine) -> AsyncEngine:
    await ProgramDatabase(url=database_url, timezone="UTC").save(DOCUMENT_NAME, overwrite=True)
    return engine


@pytest.fixture
async def scheduled(plant: AsyncEngine) -> AsyncEngine:
    """A plant whose database holds a published sample program that covers today."""
    start = datetime.now(UTC).date() - timedelta(days=14)
    program = sample_program(people=29, days=120, seed=1, start=start, timezone="UTC")
    await import_program(plant, program, publish=True, actor="test")
    return plant


@pytest.fixture
async def deployed(prefect_server: None) -> None:
    """Deployments under the names that requests use; no worker serves them here."""
    for each in (run_contingency_analysis, send_resilience_alert):
        await (await each.to_deployment(name=each.name)).apply()


@pytest.fixture
def rows() -> Callable[..., Awaitable[Sequence[Any]]]:
    """A function that reads a table's rows."""

    async def read(engine: AsyncEngine, table: Any, *where: Any) -> Sequence[Any]:
        async with engine.connect() as connection:
            return (await connection.execute(select(table.__table__).where(*where))).all()

    return read


@pytest.fixture
def artifact() -> Callable[[str], Awaitable[Artifact]]:
    """A function that reads the newest artifact of a key."""

    async def read(key: str) -> Artifact:
        async with get_client() as client:
            of_key = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
            found = await client.read_artifacts(artifact_filter=of_key)
        return max(found, key=lambda each: each.created)

    return read
