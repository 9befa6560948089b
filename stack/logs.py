"""One log file per part: making room at start, reading the end of it, following it."""

import os
from collections.abc import Iterator
from pathlib import Path

_MAXIMUM_BYTES = 10_000_000
_KEPT = 3
_TAIL_BYTES = 64_000


def rotate(log: Path) -> None:
    """Open a log for a new start: a long one moves aside, and the oldest of those goes."""
    if log.exists() and log.stat().st_size > _MAXIMUM_BYTES:
        for number in range(_KEPT - 1, 0, -1):
            older = log.with_suffix(f".log.{number}")
            if older.exists():
                older.replace(log.with_suffix(f".log.{number + 1}"))
        log.replace(log.with_suffix(".log.1"))
    os.close(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))


def last_lines(log: Path, count: int) -> list[str]:
    """The last lines of a log, oldest first; none when there is no log."""
    if count <= 0 or not log.exists():
        return []
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        block = _TAIL_BYTES
        while True:
            start = max(0, size - block)
            file.seek(start)
            lines = file.read(size - start).decode(errors="replace").splitlines()
            if start == 0:
                return lines[-count:]
            if len(lines) > count:
                return lines[-count:]
            block *= 2


def follow(log: Path, position: int | None = None) -> Iterator[str | None]:
    """Whole lines as they are written, from a byte position or from the end.

    Yields None whenever there is nothing new, so that the reader can wait or look at something else;
    survives the log being moved aside.
    """
    rest = b""
    current = position if position is not None else (log.stat().st_size if log.exists() else 0)
    while True:
        size = log.stat().st_size if log.exists() else 0
        if size < current:
            current, rest = 0, b""
        if size == current:
            yield None
            continue
        with log.open("rb") as file:
            file.seek(current)
            block = file.read(size - current)
        current += len(block)
        # Split as bytes: a character may have been written only in part.
        *whole, rest = (rest + block).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
