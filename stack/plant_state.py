"""What is known of a running plant from outside: its lock, its parts' states, and the events it tells."""

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Literal

from pydantic import BaseModel, ConfigDict

from residency.errors import ConflictError
from residency.settings import Settings
from stack.home import run_folder, write_private
from stack.process import check_stop

_ENDING_SECONDS = 90.0
_HEARING_SECONDS = 2.0
_POLL_SECONDS = 0.05


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

    kind: Literal["progress", "ready", "released", "error"]
    text: str = ""


@contextmanager
def plant_lock(settings: Settings, stop: Event | None = None) -> Generator[None, None, None]:
    """Be the only plant of this home; one that is ending is waited for.

    Args:
        settings: which home.
        stop: ends the wait when set.

    Raises:
        ConflictError: if one runs already, with its process id.
        StopRequestedError: if ``stop`` was set meanwhile.
    """
    with _open_lock(settings, os.O_RDWR | os.O_CREAT) as descriptor:
        begun = time.monotonic()
        while not _locked(descriptor):
            check_stop(stop)
            ending = _stored_state(settings)
            # One whose starter was killed says that it is stopping a moment after it has heard of it.
            patience = _ENDING_SECONDS if ending and ending.state == "stopping" else _HEARING_SECONDS
            if time.monotonic() - begun > patience:
                raise ConflictError(
                    f"a plant of {settings.home} is already running, pid {running_pid(settings)}; "
                    "see `residency status`"
                )
            time.sleep(_POLL_SECONDS)
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        # A killed plant's description would be taken for this one's.
        state_path(settings).unlink(missing_ok=True)
        try:
            yield
        finally:
            state_path(settings).unlink(missing_ok=True)


def running_pid(settings: Settings) -> int | None:
    """Process id of this home's plant, also one that is just starting or stopping; None when none runs."""
    if not _lock_path(settings).exists():
        return None
    # Read only: a home on a disk that may not be written can still be looked at.
    with _open_lock(settings, os.O_RDONLY) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            # Empty in the instant between taking the lock and writing the number.
            return int(os.pread(descriptor, 20, 0) or b"0")
    return None


def read_state(settings: Settings) -> PlantState | None:
    """The running plant's own description; None when none runs."""
    return None if running_pid(settings) is None else _stored_state(settings)


def _stored_state(settings: Settings) -> PlantState | None:
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


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _open_lock(settings: Settings, flags: int) -> Generator[int, None, None]:
    descriptor = os.open(_lock_path(settings), flags | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
