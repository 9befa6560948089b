"""The folders of one home: who may enter them, and the whole-file writes that survive a crash."""

import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

from residency.errors import ResidencyError
from residency.settings import Settings
from stack.service_user import ServiceUser

SYSTEM_FOLDER = Path("/var/lib/residency")
"""Where root keeps what PostgreSQL's user must reach when the home itself is closed to that user."""


PARTIAL = re.compile(r"\..+\.[0-9a-f]{8}")
"""The name of a file that is being written, see ``write_private``."""


class HomeError(ResidencyError):
    """The home folder cannot be used as it is."""

    code = "home"


def prepare_home(settings: Settings) -> Path:
    """Make the home and its private folders, and return the home.

    Raises:
        HomeError: if the folder cannot be made or written.
    """
    home = settings.home
    try:
        make_passable(home)
        private = (settings.logs, run_folder(settings), temporary_folder(settings), settings.mail)
        for folder in (*private, home / "prefect"):
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        mend = (
            "free some space on its disk"
            if error.errno in {errno.ENOSPC, errno.EDQUOT}
            else "set RESIDENCY_HOME to a folder that you own and can write"
        )
        raise HomeError(f"the home folder {home} cannot be used ({error.strerror}); {mend}") from error
    return home


def make_private(path: Path) -> bool:
    """Take a file's permissions from everybody but its owner; whether others had any."""
    if not path.exists() or not stat.S_IMODE(path.stat().st_mode) & 0o077:
        return False
    path.chmod(0o600)
    return True


def make_passable(folder: Path) -> None:
    """Make a folder, if it is missing, that everybody may pass through and only its owner may list.

    PostgreSQL's own user passes through it. Folders that exist keep their modes; those made here do not
    depend on the caller's umask.
    """
    if folder.exists():
        return
    for parent in [parent for parent in reversed(folder.parents) if not parent.exists()]:
        parent.mkdir(exist_ok=True)
        parent.chmod(0o755)
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)


def run_folder(settings: Settings) -> Path:
    """Folder for what describes the running plant: lock, run file, sockets."""
    return settings.home / "run"


def temporary_folder(settings: Settings) -> Path:
    """Folder for temporary files of the plant's programs.

    Prefect's worker keeps a folder of one fixed name there, which in the system's own would be open to
    one user only.
    """
    return settings.home / "tmp"


def clear_temporary_folder(settings: Settings) -> None:
    """Remove what programs that were killed left in it."""
    shutil.rmtree(temporary_folder(settings))
    temporary_folder(settings).mkdir(mode=0o700)


def clear_partial_writes(settings: Settings) -> None:
    """Remove the unfinished files of writers that were killed; to be called while no plant runs."""
    for folder in (settings.home, run_folder(settings), settings.mail):
        for path in folder.iterdir():
            if PARTIAL.fullmatch(path.name):
                path.unlink()


def postgres_folder(settings: Settings, user: ServiceUser | None) -> Path:
    """Folder of the embedded database: inside the home, unless its user cannot get there.

    Args:
        settings: names the home.
        user: who PostgreSQL runs as, None for whoever starts it.
    """
    inside = settings.home / "postgres"
    outside = postgres_outside(settings)
    # Data that exists stays where it is, whatever became of the home's mode since.
    for folder in (inside, outside):
        if (folder / "PG_VERSION").exists():
            return folder
    return inside if user is None or may_enter(user, settings.home) else outside


def postgres_outside(settings: Settings) -> Path:
    """Folder of the embedded database when its user cannot enter the home."""
    return SYSTEM_FOLDER / hashlib.sha256(str(settings.home).encode()).hexdigest()[:12] / "postgres"


def may_enter(user: ServiceUser, folder: Path) -> bool:
    """Whether the user can pass through the folder, asked of the kernel rather than guessed from modes."""
    # S603: a fixed program; the folder is an argument, never parsed.
    done = subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", 'cd -- "$0"', str(folder)],
        user=user.uid,
        group=user.gid,
        extra_groups=[],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd="/",
        check=False,
    )
    return done.returncode == 0


def write_private(path: Path, content: str | bytes, *, replace: bool = True) -> bool:
    """Write a whole file, mode 0600, so that a crash leaves the old one or the new one.

    Args:
        path: the file; its folder exists.
        content: text or bytes.
        replace: whether an existing file gives way.

    Returns:
        Whether the file was written; False only when it existed and ``replace`` is off.
    """
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            aside.replace(path)
        else:
            try:
                os.link(aside, path)
            except FileExistsError:
                return False
    finally:
        with suppress(FileNotFoundError):
            aside.unlink()
    _sync_folder(path.parent)
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
