"""Transactions of a crisis: one at a time, tried anew when somebody else's change came between."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from residency.store.crisis_requests import hold_crises
from residency.store.versions import hold_schedules

_LONGEST_WAIT = timedelta(seconds=60)
_MOST_ATTEMPTS = 3
_SERIALIZATION = "40001"

_Answer = TypeVar("_Answer")


@asynccontextmanager
async def held_crises(engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
    """A transaction in which nobody else requests, decides or ends a crisis."""
    async with engine.begin() as connection:
        await hold_crises(connection, _LONGEST_WAIT)
        yield connection


async def with_schedules_held(
    engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[_Answer]]
) -> _Answer:
    """Do some work in one transaction that sees one picture of crises and schedules which nobody changes.

    A change of something else that came between has it done anew, from the beginning, a few times.

    Raises:
        DatabaseUnreachableError: if others keep schedules or crises to themselves for a minute.
    """
    attempts = 1
    while True:
        try:
            async with engine.connect() as connection:
                await connection.execution_options(isolation_level="REPEATABLE READ")
                async with connection.begin():
                    await hold_schedules(connection, _LONGEST_WAIT)
                    await hold_crises(connection, _LONGEST_WAIT)
                    return await work(connection)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _SERIALIZATION or attempts == _MOST_ATTEMPTS:
                raise
        attempts += 1
