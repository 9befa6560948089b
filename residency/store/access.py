"""Who may do what in the database: audit triggers, rights of the roles, read-only views, made anew each time.

Everything here follows from the tables as they stand, so it is dropped before a migration and made again
after it: a migration changes tables freely and grants nothing.
"""

import json
from collections.abc import Iterable
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.errors import DatabaseNotReadyError
from residency.store.roles import APP, READONLY, READONLY_DEFAULTS, READONLY_SCHEMA
from residency.store.statements import statement
from residency.store.tables import Base
from residency.store.tables.audit import AUDITED, NamedChange

READ_BY_APP = ("audit_log", "audit_head", "alembic_version")
"""Tables that the application reads and never writes."""

CLOSED = ("audit_pending",)
"""Tables that only the audit functions touch."""

KEPT = (
    "acgme_findings",
    "archived_files",
    "compliance_reports",
    "crisis_activations",
    "crisis_requests",
    "fallback_activations",
    "load_shedding_decisions",
    "resilience_events",
    "schedule_versions",
)
"""Tables whose rows the application never deletes: what was found, reported, scheduled and decided in a
crisis is history."""

WITHOUT_VIEW = MappingProxyType(
    {
        "audit_pending": "holds rows only inside a transaction that nobody else can see",
        "idempotency_requests": "keys and stored answers serve only the program that claimed them",
    }
)
"""Tables of which readers see nothing, and why; every other has a view with all its columns."""

_EVENTS = {
    "INSERT": "REFERENCING NEW TABLE AS new_rows",
    "UPDATE": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "REFERENCING OLD TABLE AS old_rows",
}


async def require_roles(connection: AsyncConnection) -> None:
    """See to the roles before anything is changed; what is missing is made here where that is allowed.

    Raises:
        DatabaseNotReadyError: if something is missing that only an administrator of the server can give,
            with the statements to run.
    """
    found = (await connection.exec_driver_sql(statement("access_rights"), (APP, READONLY))).one()
    missing: list[tuple[bool, str]] = []
    if not found.app_known:
        missing.append((found.may_create_roles, f"CREATE ROLE {APP} NOLOGIN"))
    if not found.readonly_known:
        made = (f"CREATE ROLE {READONLY} NOLOGIN", *READONLY_DEFAULTS)
        missing += [(found.may_create_roles, each) for each in made]
    if not found.app_admitted:
        grant = f"GRANT CONNECT, TEMPORARY ON DATABASE {found.database} TO {APP}"
        missing.append((found.owns_database, grant))
    if not found.readonly_admitted:
        missing.append((found.owns_database, f"GRANT CONNECT ON DATABASE {found.database} TO {READONLY}"))
    if not found.may_create_schema:
        missing.append((False, f"GRANT CREATE ON DATABASE {found.database} TO {found.me}"))
    beyond_us = [each for allowed, each in missing if not allowed]
    if beyond_us:
        raise DatabaseNotReadyError(
            f"{found.me} may not make all that the roles of the database need; an administrator of the "
            f"database server runs: {'; '.join(beyond_us)}; then migrate again"
        )
    for _, each in missing:
        await connection.exec_driver_sql(each)


async def drop_views(connection: AsyncConnection) -> None:
    """Take the read-only views away, which would hold the columns they show in place."""
    await connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {READONLY_SCHEMA} CASCADE")


async def grant_access(connection: AsyncConnection) -> None:
    """Make audit functions and triggers, rights and views for the tables as they stand.

    Args:
        connection: the owner's, inside the transaction of the migration.
    """
    await _run_script(connection, statement("audit_functions"))
    for table, named in AUDITED.items():
        await _run_script(connection, "\n".join(_triggers(Base.metadata.tables[table], named)))
    await _run_script(connection, "\n".join(_rights(Base.metadata.tables)))
    await _run_script(connection, statement("readonly_views"))


async def _run_script(connection: AsyncConnection, script: str) -> None:
    """Run several statements, which SQLAlchemy's prepared statements cannot, in the running transaction."""
    raw = await connection.get_raw_connection()
    await cast("Any", raw.driver_connection).execute(script)


def _triggers(table: Table, named: Iterable[NamedChange]) -> list[str]:
    """The statements that put a table under audit."""
    secrets = [column.name for column in table.columns if column.info.get("secret")]
    nested = [column.name for column in table.columns if isinstance(column.type, JSONB)]
    arguments = (
        json.dumps(dict.fromkeys([*nested, *secrets])),
        "{" + ",".join(secrets) + "}",
        json.dumps([{"action": change.action, "columns": change.columns} for change in named]),
    )
    quoted = ", ".join(f"'{argument}'" for argument in arguments)
    return [
        *(
            f"CREATE OR REPLACE TRIGGER audit_{event.lower()} AFTER {event} ON public.{table.name} {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION public.audit_rows({quoted});"
            for event, tables in _EVENTS.items()
        ),
        f"CREATE OR REPLACE TRIGGER audit_refuse BEFORE TRUNCATE ON public.{table.name} FOR EACH STATEMENT "
        "EXECUTE FUNCTION public.audit_refuse('its rows are audited one by one; use DELETE');",
    ]


def _rights(tables: Iterable[str]) -> list[str]:
    """The statements that give the application its rights and nobody else any."""
    ours = {*tables, "alembic_version"}
    written = sorted(ours - {*READ_BY_APP, *CLOSED})
    return [
        f"REVOKE ALL ON {_listed(sorted(ours))} FROM PUBLIC, {APP}, {READONLY};",
        f"GRANT USAGE ON SCHEMA public TO {APP};",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {_listed(written)} TO {APP};",
        f"REVOKE DELETE ON {_listed(KEPT)} FROM {APP};",
        f"GRANT SELECT ON {_listed(READ_BY_APP)} TO {APP};",
        statement("audit_functions_rights"),
    ]


def _listed(tables: Iterable[str]) -> str:
    return ", ".join(f"public.{table}" for table in tables)
