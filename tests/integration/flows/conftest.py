"""Real servers (Prefect, a database behind its block, S3), and ways to look at what flows left in them."""

import os
import shutil
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
from residency.settings import Settings
from residency.store.program_writer import import_program
from stack.credentials import load_or_create_credentials
from stack.home import prepare_home
from stack.ports import PortsBusyError, check_ports
from stack.s3 import ensure_bucket, launch_s3, wait_for_s3

_APART = 1000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
"""By how much the ports of processes that share the tests differ, so that no two ask for the same."""


def _free_settings(home: Path) -> Settings:
    for first in range(45_000 + _APART, 55_000, 50):
        others = {"postgres_port": first + 10, "prefect_port": first + 11, "mail_port": first + 12}
        settings = Settings(_env_file=None, home=home, s3_port=first, **others)
        try:
            check_ports(settings)
        except PortsBusyError:
            continue
        return settings
    raise AssertionError("no free ports")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The settings of an S3 store that runs as long as the tests do."""
    settings = _free_settings(tmp_path_factory.mktemp("s3"))
    prepare_home(settings)
    child = launch_s3(settings, load_or_create_credentials(settings), settings.logs / "s3.log")
    try:
        wait_for_s3(settings, child)
        ensure_bucket(settings)
        yield settings
    finally:
        child.stop()
        shutil.rmtree(settings.home)


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
