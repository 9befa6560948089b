"""Ending a running plant from outside, and reading its logs."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import psutil

from residency.errors import InvalidInputError, ResidencyError
from residency.settings import Settings
from stack.environment import MARK
from stack.logs import follow, last_lines
from stack.parts import log_keys
from stack.plant_state import running_pid
from stack.process import end_marked, marked

_STOP_SECONDS = 120.0
_LEFTOVER_SECONDS = 10.0
_POLL_SECONDS = 0.1


class StopError(ResidencyError):
    """The plant did not end when it was told to."""

    code = "stop"


def end_plant(settings: Settings) -> str:
    """Stop the plant of this home and what a killed one left; returns the sentence that says what was done.

    Raises:
        StopError: if it still runs after two minutes.
    """
    begun = time.monotonic()
    pid = running_pid(settings)
    if pid is None:
        left = len(marked(MARK, str(settings.home)))
        if left == 0:
            return f"Nothing is running in {settings.home}."
        end_marked(MARK, str(settings.home), _LEFTOVER_SECONDS)
        return f"Ended {left} processes that a killed plant had left behind."
    try:
        os.kill(pid, signal.SIGTERM)
        # One that somebody has stopped would hear it only then.
        os.kill(pid, signal.SIGCONT)
    except PermissionError as error:
        raise StopError(f"the plant (pid {pid}) belongs to another user; stop it as that user") from error
    except ProcessLookupError:
        # It ended between the look and the signal.
        return "The plant has just stopped."
    # The lock is free a moment before the process is gone; both count as running.
    while running_pid(settings) is not None or _is_alive(pid):
        if time.monotonic() - begun > _STOP_SECONDS:
            raise StopError(
                f"the plant (pid {pid}) did not stop within {_STOP_SECONDS:.0f} s; see `residency logs plant`"
            )
        time.sleep(_POLL_SECONDS)
    return f"Stopped in {time.monotonic() - begun:.1f} s."


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def show_logs(
    settings: Settings, part: str | None, lines: int, say: Callable[[str], None], *, keep_on: bool
) -> None:
    """Show the end of one log or of all, and what is added to them if ``keep_on``.

    Raises:
        InvalidInputError: if there is no such part.
    """
    keys = log_keys() if part is None else (part,)
    if part is not None and part not in log_keys():
        raise InvalidInputError("PART", part, "one of " + ", ".join(log_keys()))
    for key in keys:
        for line in last_lines(settings.logs / f"{key}.log", lines):
            say(_labelled(key, line, keys))
    if keep_on:
        with suppress(KeyboardInterrupt):
            _follow_all(settings, keys, say)


def _follow_all(settings: Settings, keys: Sequence[str], say: Callable[[str], None]) -> None:
    readers: dict[str, Iterator[str | None]] = {key: follow(settings.logs / f"{key}.log") for key in keys}
    while True:
        waiting = 0
        for key, reader in readers.items():
            line = next(reader)
            if line is None:
                waiting += 1
            else:
                say(_labelled(key, line, keys))
        if waiting == len(readers):
            time.sleep(_POLL_SECONDS)


def _labelled(key: str, line: str, keys: Sequence[str]) -> str:
    return line if len(keys) == 1 else f"{key:8} {line}"
