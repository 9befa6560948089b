"""What the doctor asks the program's database: its clock, what its roles may do, what another URL opens."""

import asyncio
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from residency.errors import DatabaseNotReadyError
from residency.settings import Settings
from stack.credentials import database_url, owner_database_url, readonly_database_url

_CLOCK = "SELECT clock_timestamp(), (SELECT max(started_at) FROM task_runs)"
_IN_PUBLIC = "current_user, has_schema_privilege('public', 'CREATE') AS creates"
_APP = f"SELECT {_IN_PUBLIC}, has_table_privilege('audit_log', 'UPDATE, DELETE, TRUNCATE') AS rewrites"
_READONLY = f"SELECT {_IN_PUBLIC}, has_table_privilege('public.people', 'SELECT, INSERT') AS reads"


def database_clock(settings: Settings) -> tuple[datetime, datetime | None]:
    """The database server's time, and the newest start of a run that is stored.

    Raises:
        DatabaseNotReadyError: if it does not answer or refuses us.
    """
    row = _row(database_url(settings), _CLOCK)
    return row[0], row[1]


def check_roles(settings: Settings) -> str:
    """What each role may do, tried by logging in as it.

    Raises:
        DatabaseNotReadyError: if a role is refused, or may do what it must not.
    """
    app = _row(database_url(settings), _APP)
    owner = _row(owner_database_url(settings), "SELECT current_user")
    sentence = f"{app.current_user} works, {owner.current_user} owns"
    if app.current_user == owner.current_user:
        # A worker has no business with the owner's password.
        sentence = f"{app.current_user} works, with no right to change tables or the audit log"
        if app.creates or app.rewrites:
            sentence = (
                f"{app.current_user} works and is not kept from changing tables and the audit log; "
                "give it a role of its own, and the owner's URL to RESIDENCY_DATABASE_OWNER_URL"
            )
    elif app.creates or app.rewrites:
        raise DatabaseNotReadyError(
            f"{app.current_user} may change tables or the audit log; restart with `residency up`, "
            "which sets its rights anew"
        )
    if settings.database_url is not None and settings.database_readonly_url is None:
        return f"{sentence}; nobody reads only, RESIDENCY_DATABASE_READONLY_URL is not set"
    readonly = _row(readonly_database_url(settings), _READONLY)
    if readonly.creates or readonly.reads:
        raise DatabaseNotReadyError(
            f"{readonly.current_user} may see names or change tables; restart with `residency up`, "
            "which sets its rights anew"
        )
    return f"{sentence}, {readonly.current_user} reads pseudonyms"


def url_place(url: str) -> str:
    """Host, port and name of a database URL, without user and password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 5432}{parts.path}"


def version_at(url: SecretStr) -> str:
    """The version of the PostgreSQL that a URL opens.

    Raises:
        DatabaseNotReadyError: if it does not answer or refuses us.
    """
    return str(_row(url, "SHOW server_version")[0]).split()[0]


# ANN401: a row's columns are those of its statement.
def _row(url: SecretStr, statement: str) -> Any:  # noqa: ANN401
    return asyncio.run(_ask(url, statement))


async def _ask(url: SecretStr, statement: str) -> Any:  # noqa: ANN401
    from sqlalchemy import text

    from residency.store.database import open_engine

    async with (
        open_engine(url.get_secret_value(), pool_size=1) as engine,
        engine.connect() as connection,
    ):
        return (await connection.execute(text(statement))).one()
