"""What is known of a running plant from outside: its lock, its parts' states, and the events it tells."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from residency.errors import ConflictError
from residency.settings import Settings
from stack.home import run_folder, write_private


class PartState(BaseModel):
    """One part; ``pid`` is None for an external one and for one that is down."""

    model_config = ConfigDict(frozen=True)

    key: str
    name: str
    state: str
    address: str
    pid: int | None = None
    since: datetime | None = None


class PlantState(BaseModel):
    """The plant as it last described itself."""

    model_config = ConfigDict(frozen=True)

    pid: int
    state: Literal["starting", "ready", "stopping"]
    since: datetime
    ui_url: str
    parts: tuple[PartState, ...]


class PlantEvent(BaseModel):
    """One thing a plant tells whoever started it, as a line of JSON."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["progress", "ready", "error"]
    text: str = ""


@contextmanager
def plant_lock(settings: Settings) -> Generator[None, None, None]:
    """Be the only plant of this home.

    Raises:
        ConflictError: if one runs already, with its process id.
    """
    with _open_lock(settings) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError(
                f"a plant of {settings.home} is already running, pid {running_pid(settings)}; "
                "see `residency status`"
            ) from None
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        try:
            yield
        finally:
            state_path(settings).unlink(missing_ok=True)


def running_pid(settings: Settings) -> int | None:
    """Process id of this home's plant, also one that is just starting or stopping; None when none runs."""
    if not _lock_path(settings).exists():
        return None
    with _open_lock(settings) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            # Empty in the instant between taking the lock and writing the number.
            return int(os.pread(descriptor, 20, 0) or b"0")
    return None


def read_state(settings: Settings) -> PlantState | None:
    """The running plant's own description; None when none runs."""
    if running_pid(settings) is None:
        return None
    try:
        return PlantState.model_validate_json(state_path(settings).read_bytes())
    except FileNotFoundError:
        return None


def write_state(settings: Settings, state: PlantState) -> None:
    """Replace the description of this home's plant."""
    write_private(state_path(settings), state.model_dump_json(indent=1) + "\n")


def state_path(settings: Settings) -> Path:
    """The run file."""
    return run_folder(settings) / "plant.json"


def _lock_path(settings: Settings) -> Path:
    return run_folder(settings) / "plant.lock"


@contextmanager
def _open_lock(settings: Settings) -> Generator[int, None, None]:
    descriptor = os.open(_lock_path(settings), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
