"""What the doctor looks at on this machine itself: Python, home, passwords, disk and clock."""

import os
import platform
import stat
import sys
from datetime import UTC, datetime

from residency.errors import ResidencyError
from residency.settings import Settings
from stack.credentials import credentials_path, load_credentials
from stack.database_checks import database_clock
from stack.home import HomeError, postgres_folder
from stack.service_user import known_service_user
from stack.storage import RUNNING_BYTES, StorageError, free_bytes, shortage, storage_told

_SUPPORTED = ((3, 11), (3, 15))
_COMFORTABLE_BYTES = 1_000_000_000
_CLOCK_SECONDS = 5.0


class DoctorError(ResidencyError):
    """Something is not as it must be."""

    code = "doctor"


def check_python() -> str:
    """The interpreter, refused outside the versions that are tested."""
    least, beyond = _SUPPORTED
    if not least <= sys.version_info[:2] < beyond:
        raise DoctorError(
            f"Python {platform.python_version()} is not supported; use {least[0]}.{least[1]} "
            f"up to {beyond[0]}.{beyond[1] - 1}"
        )
    return f"{platform.python_version()} at {sys.executable}"


def check_home(settings: Settings) -> str:
    """The home, which must be there and writable by this user."""
    home = settings.home
    if not home.exists():
        raise HomeError(f"{home} does not exist yet; run `residency up`")
    if os.statvfs(home).f_flag & os.ST_RDONLY:
        raise HomeError(
            f"{home} is on a disk that is mounted read-only; mount it for writing, "
            "or set RESIDENCY_HOME to a folder that can be written"
        )
    if not os.access(home, os.W_OK | os.X_OK):
        raise HomeError(f"{home} may not be written by this user; set RESIDENCY_HOME to a folder of your own")
    return str(home)


def check_credentials(settings: Settings) -> str:
    """The file of passwords, which nobody else may read; there is none beside external servers alone."""
    path = credentials_path(settings)
    if not settings.has_embedded and not path.exists():
        return "none needed, every server is external"
    with storage_told(settings.home):
        if load_credentials(settings) is None:
            raise DoctorError(f"{path} does not exist yet; `residency up` makes it")
        mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise DoctorError(
            f"{path} can be read by others (mode {mode:04o}); run `chmod 600 {path}`, "
            "or restart with `residency up`, which does the same"
        )
    return f"{path}, mode {mode:04o}"


def check_disk(settings: Settings) -> str:
    """Room where the home and the database are."""
    if (sentence := shortage(settings, RUNNING_BYTES)) is not None:
        raise StorageError(f"{sentence}; PostgreSQL stops when the disk is full, and starts again with room")
    if (sentence := shortage(settings, _COMFORTABLE_BYTES)) is not None:
        raise StorageError(sentence)
    places = {settings.home}
    if settings.database_url is None:
        places.add(postgres_folder(settings, known_service_user(settings.service_user)))
    return ", ".join(f"{free_bytes(place) / 1e9:.1f} GB free for {place}" for place in sorted(places))


def check_clock(settings: Settings) -> str:
    """This machine's clock against the database server's and against what is stored already."""
    before = datetime.now(UTC)
    theirs, newest = database_clock(settings)
    after = datetime.now(UTC)
    off = max((theirs - after).total_seconds(), (before - theirs).total_seconds(), 0.0)
    if off > _CLOCK_SECONDS:
        raise DoctorError(
            f"this machine's clock and the database server's differ by {off:.0f} s; "
            "synchronise both, for example with `timedatectl set-ntp true`"
        )
    if newest is not None and (ahead := (newest - after).total_seconds()) > _CLOCK_SECONDS:
        raise DoctorError(
            f"the newest record is {ahead:.0f} s in the future, so a clock was set back; synchronise it"
        )
    doubt = off + (after - before).total_seconds()
    return f"{after:%Y-%m-%d %H:%M:%S} UTC, within {doubt:.1f} s of the database's"
