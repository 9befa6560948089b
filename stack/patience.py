"""Asking again while a server is away for a moment, because the plant is starting it again."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
from prefect.exceptions import PrefectHTTPStatusError

from residency.errors import DatabaseUnreachableError

_AWAY_SECONDS = 90.0
_PAUSE_SECONDS = 1.0
_SERVER_ERROR = 500

Answer = TypeVar("Answer")


async def patiently(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """What a question that changes nothing is answered, at the latest a minute and a half after it was asked.

    Raises:
        httpx.TransportError, PrefectHTTPStatusError, DatabaseUnreachableError: if the server stays away.
    """
    begun = time.monotonic()
    while True:
        try:
            return await ask()
        except (httpx.TransportError, PrefectHTTPStatusError, DatabaseUnreachableError) as error:
            refused = isinstance(error, PrefectHTTPStatusError) and error.response.status_code < _SERVER_ERROR
            if refused or time.monotonic() - begun > _AWAY_SECONDS:
                raise
        await asyncio.sleep(_PAUSE_SECONDS)
