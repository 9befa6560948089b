"""Who may speak in a crisis: two different active users, administrators or coordinators."""

from sqlalchemy.ext.asyncio import AsyncConnection

from residency.errors import InvalidInputError, NotFoundError
from residency.program.vocabulary import UserRole
from residency.store.users import StoredUser, find_user

MAY_DECIDE = frozenset({UserRole.ADMIN, UserRole.COORDINATOR})
"""Roles whose users may request, approve, decline and end a crisis."""


async def responsible_user(connection: AsyncConnection, field: str, username: str) -> StoredUser:
    """The active administrator or coordinator of a name, in whatever case it is typed.

    Args:
        connection: an open connection.
        field: what the user is named as, such as ``requested_by``.
        username: the name.

    Raises:
        NotFoundError: if there is no active user of that name.
        InvalidInputError: if the user's role may not decide about a crisis.
    """
    user = await find_user(connection, username)
    if user is None or not user.is_active:
        raise NotFoundError(f"{field}: there is no active user {username!r}")
    if user.role not in MAY_DECIDE:
        expected = f"an administrator or coordinator; the user's role is {user.role}"
        raise InvalidInputError(field, username, expected)
    return user


async def require_second_person(
    connection: AsyncConnection, field: str, approver: StoredUser, requested_by: str
) -> None:
    """Refuse an approver who is the requester, under whatever account or spelling.

    Raises:
        InvalidInputError: naming the field.
        NotFoundError: if the requester is no active user any more.
    """
    requester = await responsible_user(connection, "requested_by", requested_by)
    if approver.is_same_as(requester):
        expected = f"a second person; {requested_by!r} has requested it and cannot approve it as well"
        raise InvalidInputError(field, approver.username, expected)


def require_administrator(field: str, user: StoredUser) -> None:
    """Refuse whoever may not have load shed to CRITICAL.

    Raises:
        InvalidInputError: naming the field.
    """
    if user.role is not UserRole.ADMIN:
        expected = "an administrator: nobody else may have load shed to CRITICAL"
        raise InvalidInputError(field, user.username, expected)
