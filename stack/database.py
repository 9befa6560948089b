"""The program's database as the plant sees it: where it is, whether it answers, its schema migrated."""

import asyncio
import getpass
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from residency.settings import Settings
from stack.credentials import DATABASE, database_url, owner_database_url

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


def database_place(settings: Settings) -> str:
    """Host, port and name, without user and password."""
    if settings.database_url is None:
        return f"{settings.loopback_host}:{settings.postgres_port}/{DATABASE}"
    parts = urlsplit(settings.database_url.get_secret_value())
    return f"{parts.hostname}:{parts.port or 5432}{parts.path}"


def database_version(settings: Settings) -> str:
    """The server's version.

    Raises:
        DatabaseNotReadyError: if it does not answer or refuses us.
    """
    return asyncio.run(_version(settings))


def migrate_database(settings: Settings) -> str:
    """Bring the schema to the newest migration; returns the sentence that says where it was and is.

    Raises:
        DatabaseNotReadyError: if it does not answer, or is ahead of this package.
    """
    before, after = asyncio.run(migrate_schema(settings))
    if before == after:
        return f"Database schema is at {after}"
    return f"Database schema brought from {before or 'nothing'} to {after}"


def check_schema(settings: Settings) -> None:
    """Compare the schema with this package.

    Raises:
        DatabaseNotReadyError: if it is missing, behind or ahead, with the command that mends it.
    """
    asyncio.run(_check(settings))


async def _version(settings: Settings) -> str:
    from sqlalchemy import text

    from residency.store.database import open_engine

    async with (
        open_engine(database_url(settings).get_secret_value(), pool_size=1) as engine,
        engine.connect() as connection,
    ):
        version = await connection.scalar(text("SHOW server_version"))
    return str(version).split()[0]


async def migrate_schema(settings: Settings) -> tuple[str | None, str]:
    """Bring the schema to the newest migration, as the owner of the tables.

    Returns:
        The revision before (None for an empty database) and after.

    Raises:
        DatabaseNotReadyError: if it does not answer, is ahead of this package, or lacks roles that only an
            administrator of the server can make.
    """
    from residency.store.database import open_engine
    from residency.store.migrate import migrate

    url = owner_database_url(settings).get_secret_value()
    async with open_engine(url, pool_size=1, actor=command_actor(), reason="migration") as engine:
        return await migrate(engine)


async def _check(settings: Settings) -> None:
    async with program_database(settings):
        pass


def command_actor() -> str:
    """Who runs this command, for the audit log: the operating system's user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a number that no name belongs to.
        return f"user id {os.geteuid()}"


@asynccontextmanager
async def program_database(settings: Settings) -> "AsyncGenerator[AsyncEngine]":
    """The program's database for one command, refused unless its schema is current.

    Raises:
        DatabaseNotReadyError: if it does not answer, or its schema is missing, behind or ahead.
    """
    from residency.store.database import open_engine
    from residency.store.revision import require_current_schema

    url = database_url(settings).get_secret_value()
    async with open_engine(url, actor=command_actor()) as engine:
        await require_current_schema(engine)
        yield engine
