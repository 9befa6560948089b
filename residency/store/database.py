"""Connections to the program's database, and the question whether its schema fits this code."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from residency.errors import DatabaseNotReadyError, DatabaseUnreachableError

_SCHEMES = ("postgresql+asyncpg://", "postgresql://", "postgres://")
_CONNECT_TIMEOUT_SECONDS = 10


def async_url(url: str) -> str:
    """The URL with the asyncpg driver named.

    Raises:
        DatabaseNotReadyError: if it is not a PostgreSQL URL; the URL is not repeated, it bears a password.
    """
    for scheme in _SCHEMES:
        if url.startswith(scheme):
            return "postgresql+asyncpg://" + url.removeprefix(scheme)
    raise DatabaseNotReadyError("the database URL must start with postgresql://")


@asynccontextmanager
async def open_engine(url: str, pool_size: int = 5) -> AsyncGenerator[AsyncEngine]:
    """An engine for one run or command, closed at the end.

    Args:
        url: a ``postgresql://`` URL.
        pool_size: connections kept open at most.

    Raises:
        DatabaseUnreachableError: on leaving the block, when the server could not be reached inside it.
    """
    engine = create_async_engine(
        async_url(url),
        connect_args={"timeout": _CONNECT_TIMEOUT_SECONDS},
        pool_pre_ping=True,
        pool_size=pool_size,
        # A failing statement's parameters may be people's names; they stay out of every error and log.
        hide_parameters=True,
    )
    try:
        yield engine
    except (OSError, TimeoutError) as error:
        raise _unreachable(engine, error) from error
    finally:
        await engine.dispose()


def _unreachable(engine: AsyncEngine, error: BaseException) -> DatabaseUnreachableError:
    target = f"{engine.url.host}:{engine.url.port or 5432}"
    return DatabaseUnreachableError(
        f"the database at {target} does not answer ({type(error).__name__}); "
        "start it with `residency up`, or check RESIDENCY_DATABASE_URL"
    )


async def stored_revision(connection: AsyncConnection) -> str | None:
    """The migration the database stands at, or None for a database without our tables."""
    try:
        async with connection.begin_nested():
            row = (await connection.execute(text("SELECT version_num FROM alembic_version"))).first()
    except ProgrammingError:
        return None
    return row[0] if row else None


def check_revision(stored: str | None, head: str, known: frozenset[str]) -> None:
    """Refuse a database whose schema is not the one this code was written for.

    Args:
        stored: the revision found in the database.
        head: the newest revision this code knows.
        known: every revision this code knows.

    Raises:
        DatabaseNotReadyError: naming the mend: migrate when behind, a newer package when ahead.
    """
    if stored == head:
        return
    if stored is None:
        raise DatabaseNotReadyError("the database has no tables yet; run `residency migrate`")
    if stored in known:
        raise DatabaseNotReadyError(
            f"the database is behind: it stands at migration {stored}, this package needs {head}; "
            "run `residency migrate`"
        )
    raise DatabaseNotReadyError(
        f"the database is ahead: it stands at migration {stored}, this package knows up to {head}; "
        "install the newer residency-ops that migrated it"
    )


def is_transient(error: BaseException) -> bool:
    """Whether trying again may help: lost connections, deadlocks, serialization failures, timeouts."""
    if isinstance(error, OSError | TimeoutError | DatabaseUnreachableError):
        return True
    if isinstance(error, DBAPIError):
        state = str(getattr(error.orig, "sqlstate", "") or "")
        return error.connection_invalidated or state[:2] in {"08", "40", "53", "57"} or state == "55P03"
    return False
