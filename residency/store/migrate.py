"""Bringing the schema to the newest migration, and telling where a database stands."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from residency.errors import DatabaseNotReadyError
from residency.store.database import check_revision, stored_revision

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_262_013
"""Advisory lock that lets one migration run at a time, whoever starts it."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _scripts() -> tuple[str, frozenset[str]]:
    scripts = ScriptDirectory.from_config(_config())
    head = scripts.get_current_head()
    if head is None:
        raise DatabaseNotReadyError("this installation has no migrations; reinstall residency-ops")
    return head, frozenset(script.revision for script in scripts.walk_revisions())


async def migrate(engine: AsyncEngine) -> tuple[str | None, str]:
    """Bring the database to the newest migration in one transaction.

    Returns:
        The revision before (None for an empty database) and after.

    Raises:
        DatabaseNotReadyError: if the database is ahead of this package; nothing is changed.
    """
    head, known = _scripts()
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = await stored_revision(connection)
        if before is not None and before not in known:
            check_revision(before, head, known)
        if before != head:
            await connection.run_sync(lambda sync: command.upgrade(_config(sync), "head"))
    return before, head


async def require_current_schema(engine: AsyncEngine) -> None:
    """Refuse to work on a database that is empty, behind or ahead.

    Raises:
        DatabaseNotReadyError: with the command that mends it.
    """
    head, known = _scripts()
    async with engine.connect() as connection:
        check_revision(await stored_revision(connection), head, known)
