"""Removing everything that this package has made on this machine, and nothing else."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from residency.errors import ResidencyError
from residency.settings import Settings
from stack.control import end_plant
from stack.home import PARTIAL, SYSTEM_FOLDER, postgres_outside, run_folder
from stack.parts import external_parts
from stack.plant_state import plant_lock
from stack.ports import own_sockets
from stack.postgres import wait_for_forgotten_server
from stack.service_user import known_service_user
from stack.storage import storage_told

_CONTENTS = {
    "postgres": "the database with every schedule, result and Prefect run",
    ".postgres.new": "a database that was being made",
    ".postgres.lock": "lock file",
    "s3": "the objects of the S3 store",
    "mail": "mail that the sink kept",
    "prefect": "files of Prefect",
    "bytecode": "compiled Python",
    "logs": "logs",
    "tmp": "temporary files",
    "run": "files of the running plant",
    ".removed": "what an earlier reset has begun to remove",
    "credentials.json": "passwords and keys",
}
"""What stands at the top of a home, in the order in which it goes."""

_PROOFS = ("credentials.json", "run/plant.lock", ".removed")
_SHARED = re.compile(r"[0-9a-f]{12}|\.?postgresql-.*")
"""In the system's folder: the databases of other homes, and the copied programs that all of them use."""

_SHOWN = 10


class ResetError(ResidencyError):
    """The folder is not one that may be removed."""

    code = "reset"


@dataclass(frozen=True, slots=True)
class Removal:
    """One thing that goes."""

    place: Path
    what: str
    size: int


@dataclass(frozen=True, slots=True)
class ResetPlan:
    """What goes, and a sentence for each thing that stays."""

    removals: tuple[Removal, ...]
    kept: tuple[str, ...]


def plan_reset(settings: Settings) -> ResetPlan:
    """What a reset of this home would remove; touches nothing.

    Raises:
        ResetError: if the home holds files that are not ours, or does not look like a home of ours.
        StorageError: if this user may not look.
    """
    with storage_told(settings.home):
        _check_ours(settings)
        removals = [
            Removal(place, what, _size(place)) for place, what in _places(settings) if _is_there(place)
        ]
    return ResetPlan(tuple(removals), tuple(_kept(settings)))


def reset(settings: Settings, say: Callable[[str], None]) -> None:
    """Stop the plant and remove everything of ours; a reset that was killed is finished by the next.

    Everything is moved aside before anything is deleted, so that no half of a database is ever started.

    Raises:
        ResetError: if the home is not one that may be removed.
        StopError: if the plant does not end.
        StorageError: if this user may not remove something.
    """
    with storage_told(settings.home):
        _check_ours(settings)
        say(end_plant(settings))
        if not settings.home.exists():
            _remove_outside(settings)
            return
        run_folder(settings).mkdir(mode=0o700, exist_ok=True)
        with plant_lock(settings):
            wait_for_forgotten_server(settings.home / "postgres")
            _remove_outside(settings)
            _move_aside(settings)
            finish_reset(settings)
        _delete(run_folder(settings))
        _remove_folder(settings.home, say)


def finish_reset(settings: Settings) -> None:
    """Delete what a reset has moved aside; nothing when there was none."""
    for aside in (settings.home / ".removed", postgres_outside(settings).with_name(".removed")):
        if _is_there(aside):
            _delete(aside)


def _check_ours(settings: Settings) -> None:
    home = settings.home
    if not home.exists():
        return
    if home in {Path("/"), Path.home().resolve()}:
        raise ResetError(f"{home} is never removed; RESIDENCY_HOME names the wrong folder")
    foreign = sorted(path.name for path in home.iterdir() if not _is_ours(settings, path.name))
    if foreign:
        shown = ", ".join(foreign[:_SHOWN])
        more = f" and {len(foreign) - _SHOWN} more" if len(foreign) > _SHOWN else ""
        raise ResetError(
            f"{home} holds files that this package did not make: {shown}{more}; "
            "move them away, or set RESIDENCY_HOME to the right folder; nothing was removed"
        )
    proven = any((home / proof).exists() for proof in _PROOFS)
    if not proven and any(names for _, _, names in os.walk(home)):
        raise ResetError(
            f"{home} does not look like a home of this package, it has none of {', '.join(_PROOFS)}; "
            "set RESIDENCY_HOME to the right folder; nothing was removed"
        )


def _is_ours(settings: Settings, name: str) -> bool:
    shared = settings.home == SYSTEM_FOLDER and _SHARED.fullmatch(name) is not None
    return name in _CONTENTS or PARTIAL.fullmatch(name) is not None or shared


def _places(settings: Settings) -> Iterator[tuple[Path, str]]:
    """Every place that may hold something of this home, with what it is."""
    outside = postgres_outside(settings)
    yield outside, _CONTENTS["postgres"]
    yield outside.with_name(".removed"), _CONTENTS[".removed"]
    for name, what in _CONTENTS.items():
        yield settings.home / name, what
    if settings.home.exists():
        for path in sorted(settings.home.iterdir()):
            if PARTIAL.fullmatch(path.name):
                yield path, "an unfinished file"
    for path in own_sockets(settings):
        yield path, "a socket of the S3 store"


def _kept(settings: Settings) -> Iterator[str]:
    for name, address in external_parts(settings).values():
        yield f"The external {name} at {address} is not touched."
    user = known_service_user(settings.service_user)
    if user is not None and user.name == settings.service_user:
        yield f"The system user {user.name} stays; remove it with `userdel {user.name}`."
    if any(SYSTEM_FOLDER.glob("postgresql-*")):
        yield f"PostgreSQL's programs in {SYSTEM_FOLDER} stay; other homes may use them."


def _remove_outside(settings: Settings) -> None:
    """Remove the database that is kept outside the home, and the sockets."""
    outside = postgres_outside(settings)
    if outside.exists():
        wait_for_forgotten_server(outside)
        aside = outside.with_name(".removed")
        if aside.exists():
            _delete(aside)
        outside.rename(aside)
    if outside.parent.exists():
        _delete(outside.parent)
    for path in own_sockets(settings):
        path.unlink(missing_ok=True)


def _move_aside(settings: Settings) -> None:
    aside = settings.home / ".removed"
    aside.mkdir(mode=0o700, exist_ok=True)
    for path, _ in list(_places(settings)):
        if path.parent != settings.home or not _is_there(path) or path in {aside, run_folder(settings)}:
            continue
        target = aside / path.name
        if _is_there(target):
            _delete(target)
        if path.is_mount():
            # Another disk: it cannot be moved, and stays as an empty folder.
            _empty(path)
        else:
            path.rename(target)


def _remove_folder(home: Path, say: Callable[[str], None]) -> None:
    left = sorted(path.name for path in home.iterdir())
    if left or home.is_mount():
        say(f"{home} itself stays" + (f", with {', '.join(left)}." if left else "."))
        return
    home.rmdir()
    say(f"{home} is gone.")


def _delete(path: Path) -> None:
    """Remove a file, a link itself, or a folder; links inside it are removed and never followed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        _delete(path)


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _size(path: Path) -> int:
    """Bytes in a file or folder, links not followed; what goes away meanwhile counts nothing.

    A running plant's files and folders come and go, and `Path.rglob` fails when a folder it has seen is gone.
    """
    if path.is_symlink() or not path.is_dir():
        return _own_size(path)
    return sum(
        _own_size(Path(folder, name))
        for folder, _, names in os.walk(path, onerror=_raise_unless_gone)
        for name in names
    )


def _own_size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def _raise_unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
