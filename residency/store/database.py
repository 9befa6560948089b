"""Connections to the program's database, with an error that says how to mend a missing one."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

# asyncpg ships no type stubs.
from asyncpg import PostgresError  # pyright: ignore[reportMissingTypeStubs]
from asyncpg.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    ClientConfigurationError,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from residency.errors import DatabaseNotReadyError, DatabaseStatementError, DatabaseUnreachableError

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
async def open_engine(
    url: str,
    pool_size: int = 5,
    *,
    actor: str | None = None,
    run_id: UUID | None = None,
    reason: str | None = None,
) -> AsyncGenerator[AsyncEngine]:
    """An engine for one run or command, closed at the end.

    Whoever acts is told to the database with each connection, and stands in the audit log beside every
    change: a run as a task, an actor without a run as a user, and neither as the system.

    Args:
        url: a ``postgresql://`` URL.
        pool_size: connections kept open at most.
        actor: who acts, such as a user's name or a flow's; the database role when None.
        run_id: the flow run that acts, if it is one.
        reason: why, where there is more to say than the actor.

    Raises:
        DatabaseUnreachableError: if the server does not answer, or is lost inside the block.
        DatabaseNotReadyError: if it answers and refuses us.
        DatabaseStatementError: if it refuses a statement inside the block. What PostgreSQL says of the
            values stays out of it and out of any log.
    """
    target, _, options = async_url(url).partition("?")
    engine = create_async_engine(
        target,
        connect_args={
            # The driver reads libpq's words, such as sslmode, only where it takes an address apart itself.
            "dsn": f"postgresql://?{options}",
            "timeout": _CONNECT_TIMEOUT_SECONDS,
            "server_settings": _audit_context(actor, run_id, reason),
        },
        pool_size=pool_size,
        # A failing statement's parameters may be people's names; they stay out of every error and log.
        hide_parameters=True,
    )
    try:
        await _first_connection(engine)
        yield engine
    except (DBAPIError, PostgresError) as error:
        raise without_values(_wrapped(error)) from None
    finally:
        await engine.dispose()


def _audit_context(actor: str | None, run_id: UUID | None, reason: str | None) -> dict[str, str]:
    """The settings from which the audit log takes who acts."""
    said = {
        "residency.actor": actor,
        "residency.run_id": str(run_id) if run_id else None,
        "residency.reason": reason,
    }
    return {name: value for name, value in said.items() if value}


async def _first_connection(engine: AsyncEngine) -> None:
    """Connect once, so that a database that is down or refuses us is told apart from later troubles."""
    target = f"{engine.url.host}:{engine.url.port or 5432}"
    try:
        async with engine.connect():
            pass
    except ClientConfigurationError as error:
        raise DatabaseNotReadyError(
            f"the database at {target} cannot be asked with the options of its URL: {error}"
        ) from error
    except FileNotFoundError as error:
        raise DatabaseNotReadyError(
            f"the database at {target} cannot be asked with the options of its URL: "
            "a certificate, key or socket that it names is not there"
        ) from error
    except (OSError, TimeoutError) as error:
        raise DatabaseUnreachableError(
            f"the database at {target} does not answer ({type(error).__name__}); "
            "start it with `residency up`, or check RESIDENCY_DATABASE_URL"
        ) from error
    except (DBAPIError, PostgresError) as refusal:
        error = _wrapped(refusal)
        if _is_transient(error):
            raise DatabaseUnreachableError(
                f"the database at {target} takes no connection now ({_kind(error)}); try again in a moment"
            ) from None
        raise DatabaseNotReadyError(
            f"the database at {target} refused the connection ({_kind(error)}); "
            "check the user, password and database name in RESIDENCY_DATABASE_URL"
        ) from None


def _wrapped(error: DBAPIError | PostgresError) -> DBAPIError:
    """The error as SQLAlchemy's: it wraps what a statement raises, but not what connecting does."""
    return error if isinstance(error, DBAPIError) else DBAPIError(None, None, error)


def without_values(error: DBAPIError) -> DatabaseUnreachableError | DatabaseStatementError:
    """The typed error for a failed statement: transient troubles may be tried again, a refusal may not."""
    if _is_transient(error):
        return DatabaseUnreachableError(f"the database was lost or too busy ({_kind(error)}); try again")
    constraint = getattr(error.orig.__cause__ if error.orig else None, "constraint_name", None)
    broken = f", constraint {constraint}" if constraint else ""
    return DatabaseStatementError(f"the database refused a statement ({_kind(error)}{broken})")


def _kind(error: DBAPIError) -> str:
    """The class and SQLSTATE of what went wrong."""
    state = _sqlstate(error)
    return f"{type(error.orig).__name__} {state}".rstrip()


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _is_transient(error: DBAPIError) -> bool:
    """Lost connections, deadlocks, serialization failures, want of resources, locks not available."""
    state = _sqlstate(error)
    return error.connection_invalidated or state[:2] in {"08", "40", "53", "57"} or state == "55P03"
