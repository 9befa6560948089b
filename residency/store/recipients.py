"""Who is told when something must be told: the active users of some roles."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.program.vocabulary import UserRole
from residency.store.tables import UserRow

_ALERTED = (UserRole.ADMIN, UserRole.COORDINATOR)


async def alert_recipients(connection: AsyncConnection) -> list[UUID]:
    """The ids of the users who receive alerts, in a stable order."""
    return await users_of_roles(connection, _ALERTED)


async def users_of_roles(connection: AsyncConnection, roles: Collection[UserRole]) -> list[UUID]:
    """The ids of the active users of some roles, in a stable order."""
    wanted = select(UserRow.id).where(UserRow.is_active, UserRow.role.in_(roles)).order_by(UserRow.id)
    return list(await connection.scalars(wanted))
