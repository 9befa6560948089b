"""Bringing the schema of a database to the newest migration."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from residency.store.access import drop_views, grant_access, require_roles
from residency.store.revision import HEAD_REVISION, KNOWN_REVISIONS, check_revision, stored_revision

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_262_013
"""Advisory lock that lets one migration run at a time, whoever starts it."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def migrate(engine: AsyncEngine) -> tuple[str | None, str]:
    """Bring the database to the newest migration in one transaction, with triggers, rights and views.

    Args:
        engine: the database as the owner of the tables.

    Returns:
        The revision before (None for an empty database) and after.

    Raises:
        DatabaseNotReadyError: if the database is ahead of this package, or an administrator of the server
            must make the roles first; nothing is changed.
    """
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = await stored_revision(connection)
        if before is not None and before not in KNOWN_REVISIONS:
            check_revision(before)
        if before != HEAD_REVISION:
            await require_roles(connection)
            await drop_views(connection)
            await connection.run_sync(lambda sync: command.upgrade(_config(sync), "head"))
            await grant_access(connection)
    return before, HEAD_REVISION
