"""Which migration this code was written for, and whether a database stands there.

The list repeats the files in ``migrations/versions`` so that a run need not load Alembic to check it.
"""

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from residency.errors import DatabaseNotReadyError

KNOWN_REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
HEAD_REVISION = KNOWN_REVISIONS[-1]
_UNDEFINED_TABLE = "42P01"


async def stored_revision(connection: AsyncConnection) -> str | None:
    """The migration the database stands at, or None for a database without our tables."""
    try:
        async with connection.begin_nested():
            row = (await connection.execute(text("SELECT version_num FROM alembic_version"))).first()
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _UNDEFINED_TABLE:
            raise
        return None
    return row[0] if row else None


def check_revision(stored: str | None) -> None:
    """Refuse a database whose schema is not the one this code was written for.

    Args:
        stored: the revision found in the database; None where there are no tables.

    Raises:
        DatabaseNotReadyError: naming the mend: migrate when behind, a newer package when ahead.
    """
    if stored == HEAD_REVISION:
        return
    if stored is None:
        raise DatabaseNotReadyError("the database has no tables yet; run `residency migrate`")
    if stored in KNOWN_REVISIONS:
        raise DatabaseNotReadyError(
            f"the database is behind: it stands at migration {stored}, this package needs {HEAD_REVISION}; "
            "run `residency migrate`"
        )
    raise DatabaseNotReadyError(
        f"the database is ahead: it stands at migration {stored}, this package knows up to {HEAD_REVISION}; "
        "install the newer residency-ops that migrated it"
    )


async def require_current_schema(engine: AsyncEngine) -> None:
    """Refuse to work on a database that is empty, behind or ahead.

    Raises:
        DatabaseNotReadyError: with the command that mends it.
    """
    async with engine.connect() as connection:
        check_revision(await stored_revision(connection))
