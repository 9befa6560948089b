"""SIGTERM ends a run wherever it finds it, so that the run is reported and its record closed."""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import Any


@contextmanager
def ended_by_sigterm() -> Generator[None]:
    """Cancel the current task when SIGTERM comes, beside what Prefect does.

    Prefect's handler raises an exception wherever the program happens to be. Inside a callback of the event
    loop, such as a database's answer coming in, that is logged and forgotten: the run would wait for ever for
    the answer that was lost. The handler itself stays, since Prefect tells by it whether a run can be
    cancelled.
    """
    task, handler = asyncio.current_task(), signal.getsignal(signal.SIGTERM)
    if task is None or not callable(handler) or current_thread() is not main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    # The loop learns of the signal by a file descriptor of its own, whoever handles it.
    loop.add_signal_handler(signal.SIGTERM, _cancel, task)
    signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, handler)


def _cancel(task: asyncio.Task[Any]) -> None:
    # An exception that did get through has had all tasks cancelled; a second time would disturb their end.
    if not task.cancelling():
        task.cancel()
