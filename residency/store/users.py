"""Finding the users of the scheduling application by the names that people type."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.program.vocabulary import UserRole
from residency.store.tables import UserRow


@dataclass(frozen=True, slots=True)
class StoredUser:
    """A user; ``person_id`` is who they are in the program, where that is known."""

    id: UUID
    username: str
    role: UserRole
    person_id: UUID | None
    is_active: bool

    def is_same_as(self, other: "StoredUser") -> bool:
        """Whether both are one human being: one account, names that differ in case alone, or one person."""
        same_name = self.username.strip().casefold() == other.username.strip().casefold()
        same_person = self.person_id is not None and self.person_id == other.person_id
        return self.id == other.id or same_name or same_person


async def find_user(connection: AsyncConnection, username: str) -> StoredUser | None:
    """The user of a name in whatever case; exactly that name where several differ in case alone."""
    name = username.strip()
    columns = (UserRow.id, UserRow.username, UserRow.role, UserRow.person_id, UserRow.is_active)
    wanted = select(*columns).where(func.lower(UserRow.username) == func.lower(name))
    found = [StoredUser(*row) for row in await connection.execute(wanted)]
    exact = [each for each in found if each.username == name]
    if exact:
        return exact[0]
    return found[0] if len(found) == 1 else None
