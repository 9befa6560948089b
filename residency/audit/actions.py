"""Writing into the audit log what changes no row, such as an export, and why rows are changed."""

import json
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

Action = Literal["login", "access_change", "export", "execute", "archive", "purge", "override"]


async def give_reason(connection: AsyncConnection, reason: str) -> None:
    """Say why the changes that follow are made; it stands beside each of them until the transaction ends."""
    await connection.exec_driver_sql("SELECT set_config('residency.reason', $1, true)", (reason,))


async def record_action(
    connection: AsyncConnection,
    action: Action,
    entity_type: str,
    entity_id: str,
    *,
    reason: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Note one action in the running transaction; it stands in the log if and when that commits.

    Who acts is what the connection was opened with.

    Args:
        connection: inside the transaction of the action.
        action: what was done; changes of rows are written by the database itself and refused here.
        entity_type: kind of its object, such as a table's name.
        entity_id: which one.
        reason: why; the connection's reason when None.
        details: figures worth keeping, JSON values only; they become the entry's ``after``.
    """
    await connection.exec_driver_sql(
        "SELECT audit_record($1, $2, $3, $4, NULL, $5::jsonb)",
        (action, entity_type, entity_id, reason, json.dumps(details) if details is not None else None),
    )
