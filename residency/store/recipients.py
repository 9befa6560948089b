"""Who is told when something must be told: the active administrators and coordinators."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.program.vocabulary import UserRole
from residency.store.tables import UserRow

_ROLES = (UserRole.ADMIN, UserRole.COORDINATOR)


async def alert_recipients(connection: AsyncConnection) -> list[UUID]:
    """The ids of the users who receive alerts, in a stable order."""
    wanted = select(UserRow.id).where(UserRow.is_active, UserRow.role.in_(_ROLES)).order_by(UserRow.id)
    return list(await connection.scalars(wanted))
