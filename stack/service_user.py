"""The system user that PostgreSQL runs as when root starts the plant, because it refuses to run as root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass

from residency.errors import ResidencyError


class ServiceUserError(ResidencyError):
    """No user is available that PostgreSQL could run as."""

    code = "service_user"


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """An unprivileged user; ``note`` says what was unusual about getting it, empty when nothing was."""

    name: str
    uid: int
    gid: int
    note: str = ""


def service_user(name: str) -> ServiceUser | None:
    """The user to drop to, created when missing; None when this process is not root and nothing is dropped.

    Raises:
        ServiceUserError: if the name is root's, or the user can neither be found nor made.
    """
    if os.geteuid() != 0:
        return None
    entry = _entry(name)
    if entry is None:
        return _created(name)
    if entry.pw_uid == 0:
        raise ServiceUserError(
            f"PostgreSQL refuses to run as {name}; set RESIDENCY_SERVICE_USER to another user"
        )
    return ServiceUser(name, entry.pw_uid, entry.pw_gid)


def known_service_user(name: str) -> ServiceUser | None:
    """The user that PostgreSQL's data belongs to when root runs this, without making one."""
    entry = _entry(name) or _entry("nobody")
    return (
        None if os.geteuid() != 0 or entry is None else ServiceUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
    )


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _created(name: str) -> ServiceUser:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    reason = "useradd is not installed"
    if useradd is not None:
        # S603: the program's path is found above, the name is one argument.
        done = subprocess.run(  # noqa: S603
            [useradd, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", name],
            capture_output=True,
            text=True,
            check=False,
        )
        entry = _entry(name)
        if entry is not None:
            return ServiceUser(name, entry.pw_uid, entry.pw_gid, f"created the system user {name}")
        reason = done.stderr.strip() or f"useradd ended with {done.returncode}"
    nobody = _entry("nobody")
    if nobody is None:
        raise ServiceUserError(
            f"PostgreSQL refuses to run as root and the system user {name} could not be created ({reason}); "
            "create it, or set RESIDENCY_SERVICE_USER to an existing user"
        )
    note = f"PostgreSQL runs as nobody: the system user {name} could not be created ({reason})"
    return ServiceUser("nobody", nobody.pw_uid, nobody.pw_gid, note)
