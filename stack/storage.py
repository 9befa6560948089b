"""Disks that are full or may not be written: told in a sentence before, during and after the attempt."""

import errno
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from residency.errors import ResidencyError
from residency.settings import Settings
from stack.home import postgres_folder
from stack.service_user import known_service_user

FIRST_START_BYTES = 256_000_000
"""Room for a first start, whose data folder, journal and schemas take about 100 MB."""

RUNNING_BYTES = 64_000_000
"""Room without which PostgreSQL stops soon: four segments of its journal."""

_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)


class StorageError(ResidencyError):
    """A disk is full, or may not be written."""

    code = "storage"


def free_bytes(place: Path) -> int:
    """Room on the disk that holds a folder, or would hold it."""
    existing = next(folder for folder in (place, *place.parents) if folder.exists())
    return shutil.disk_usage(existing).free


def shortage(settings: Settings, least: int = RUNNING_BYTES) -> str | None:
    """A sentence when a disk that the plant writes to has less room than this, None when there is room."""
    places = {settings.home}
    if settings.database_url is None:
        places.add(postgres_folder(settings, known_service_user(settings.service_user)))
    for place in sorted(places):
        free = free_bytes(place)
        if free < least:
            return (
                f"the disk that holds {place} has {free / 1e6:.0f} MB free and {least / 1e6:.0f} MB are "
                "needed; free some space there, or set RESIDENCY_HOME to a folder on a larger disk"
            )
    return None


def require_room(settings: Settings) -> None:
    """Refuse to start on a disk that is as good as full.

    Raises:
        StorageError: with the disk, its room and what to do.
    """
    data = postgres_folder(settings, known_service_user(settings.service_user))
    first = settings.database_url is None and not data.exists()
    if (sentence := shortage(settings, FIRST_START_BYTES if first else RUNNING_BYTES)) is not None:
        raise StorageError(f"nothing was started: {sentence}")


def storage_error(error: OSError, home: Path) -> StorageError | None:
    """The sentence for a write that the disk refused; None for any other trouble.

    Args:
        error: what the system said.
        home: named when the system does not say which file it was.
    """
    place = error.filename if isinstance(error.filename, str | Path) else home
    if error.errno in _FULL:
        return StorageError(f"{place} cannot be written: the disk is full; free some space and try again")
    if error.errno == errno.EROFS:
        return StorageError(
            f"{place} cannot be written: its disk is mounted read-only; mount it for writing, "
            "or set RESIDENCY_HOME to a folder that can be written"
        )
    if error.errno in _CLOSED:
        return StorageError(
            f"{place} may not be read or written by this user; run this as the user who started the plant, "
            "or set RESIDENCY_HOME to a folder of your own"
        )
    return None


@contextmanager
def storage_told(home: Path) -> Generator[None, None, None]:
    """Turn what a full or closed disk does inside the block into its sentence.

    Raises:
        StorageError: for the disk's refusals; every other error passes.
    """
    try:
        yield
    except OSError as error:
        told = storage_error(error, home)
        if told is None:
            raise
        raise told from error
