"""A real PostgreSQL for the whole session, and a fresh migrated database for each test that asks."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from residency.store.database import open_engine
from residency.store.migrate import migrate
from stack.postgres import EmbeddedPostgres

TEMPLATE = "migrated"


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres.temporary() as server:
        asyncio.run(_make_template(server))
        yield server


async def _make_template(server: EmbeddedPostgres) -> None:
    await _administer(server, f"CREATE DATABASE {TEMPLATE}")
    async with open_engine(server.superuser_url(TEMPLATE)) as engine:
        await migrate(engine)


async def _administer(server: EmbeddedPostgres, statement: str) -> None:
    async with open_engine(server.superuser_url()) as engine, engine.connect() as connection:
        autocommitted = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommitted.execute(text(statement))


@pytest.fixture
async def database_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """A migrated, empty database of the test's own; the URL bears a password."""
    name = f"test_{uuid4().hex}"
    await _administer(postgres, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield postgres.superuser_url(name)
    await _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with open_engine(database_url, pool_size=12) as opened:
        yield opened
