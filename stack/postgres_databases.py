"""What the embedded PostgreSQL holds before any table: roles, their passwords, databases, extensions."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import SecretStr

from residency.errors import ResidencyError
from residency.store.roles import APP, READONLY, READONLY_DEFAULTS
from stack.credentials import DATABASE, OWNER, PREFECT, Credentials

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_QUIET = ("log_statement = none", "log_min_error_statement = panic", "pg_stat_statements.track = none")
_REFUSED_LOGIN = "28P01"


class PostgresDataError(ResidencyError):
    """The data folder belongs to somebody else, to another version or to other credentials."""

    code = "postgres_data"


async def ensure_databases(
    superuser_url: Callable[[str], str], credentials: Credentials, folder: Path
) -> None:
    """Make the roles, databases and extensions that are missing; an older home gets new ones this way.

    Args:
        superuser_url: gives the superuser's URL of a database.
        credentials: the roles' passwords.
        folder: the data folder, for the message.

    Raises:
        PostgresDataError: if the superuser's password is refused.
    """
    from sqlalchemy import text

    async with _autocommit(superuser_url("postgres"), folder) as connection:
        # Statements that bear a password must reach neither the log nor the statistics.
        for setting in _QUIET:
            await connection.execute(text(f"SET {setting}"))
        await _ensure_role(connection, OWNER, credentials.owner_password)
        await _ensure_role(connection, PREFECT, credentials.prefect_password)
        # Their passwords were made anew if the credentials had lost them.
        await _ensure_role(connection, APP, credentials.app_password, renew=True)
        await _ensure_role(connection, READONLY, credentials.readonly_password, renew=True)
        for default in READONLY_DEFAULTS:
            await connection.execute(text(default))
        for database, owner in ((DATABASE, OWNER), (PREFECT, PREFECT)):
            known = await connection.scalar(
                text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": database}
            )
            if not known:
                await connection.execute(text(f"CREATE DATABASE {database} OWNER {owner}"))
            await connection.execute(text(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC"))
        await connection.execute(text(f"GRANT CONNECT, TEMPORARY ON DATABASE {DATABASE} TO {APP}"))
        await connection.execute(text(f"GRANT CONNECT ON DATABASE {DATABASE} TO {READONLY}"))
    for database, extension in ((DATABASE, "btree_gist"), (PREFECT, "pg_trgm")):
        async with _autocommit(superuser_url(database), folder) as connection:
            await connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))


async def _ensure_role(
    connection: "AsyncConnection", role: str, password: SecretStr, *, renew: bool = False
) -> None:
    from sqlalchemy import text

    known = await connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
    if known and not renew:
        return
    raw = await connection.get_raw_connection()
    # Past SQLAlchemy, whose errors repeat the statement and with it the password.
    await cast("Any", raw.driver_connection).execute(
        f"{'ALTER' if known else 'CREATE'} ROLE {role} LOGIN PASSWORD '{password.get_secret_value()}'"
    )


@asynccontextmanager
async def _autocommit(url: str, folder: Path) -> AsyncGenerator["AsyncConnection", None]:
    """A superuser's connection on which each statement is its own transaction."""
    import asyncpg  # pyright: ignore[reportMissingTypeStubs] -- asyncpg ships none
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    from residency.store.database import async_url

    engine = create_async_engine(async_url(url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            yield connection
    except (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        # SQLAlchemy wraps what a statement raises, and not always what connecting does.
        state = getattr(getattr(error, "orig", error), "sqlstate", None)
        if state != _REFUSED_LOGIN:
            raise PostgresDataError(
                f"PostgreSQL was lost, or refused a statement ({type(error).__name__} {state or ''}), while "
                "its roles and databases were seen to; see `residency logs postgres`"
            ) from None
        raise PostgresDataError(
            f"{folder} does not open with the passwords in credentials.json; "
            "restore the credentials.json that belongs to it"
        ) from error
