"""Every part tried the way its users use it: does it answer, what is it, how fast, and what to do if not."""

import os
import platform
import shutil
import stat
import sys
import time
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from residency.errors import ResidencyError
from residency.settings import Settings
from stack.apply.checkout import declared_names
from stack.credentials import credentials_path, load_credentials
from stack.database import check_schema, database_place, database_version
from stack.home import HomeError
from stack.mail import greet_mail_server, mail_place
from stack.prefect_api import POOL, prefect_api
from stack.s3 import s3_endpoint, try_bucket

_SUPPORTED = ((3, 11), (3, 14))
_LEAST_FREE_BYTES = 1_000_000_000


class Finding(BaseModel):
    """What one check found; ``detail`` says what to do when it is not well."""

    model_config = ConfigDict(frozen=True)

    check: str
    ok: bool
    detail: str
    version: str | None = None
    latency_ms: float | None = None


class DoctorError(ResidencyError):
    """Something on this machine is not as it must be."""

    code = "doctor"


def examine(settings: Settings) -> list[Finding]:
    """Run every check; a part that is down does not keep the others from being tried."""
    database = _timed("database", database_place(settings), lambda: database_version(settings))
    prefect = _timed("Prefect server", settings.prefect_url, lambda: _prefect(settings))
    return [
        _checked("Python", _python),
        _checked("home", lambda: _home(settings)),
        _checked("credentials", lambda: _credentials(settings)),
        database,
        _checked("schema", lambda: _schema(settings), needs=database),
        prefect,
        _checked("worker", lambda: _worker(settings), needs=prefect),
        _checked("flows", lambda: _flows(settings), needs=prefect),
        _timed("S3 store", s3_endpoint(settings), lambda: try_bucket(settings)),
        _timed("mail", "{}:{}".format(*mail_place(settings)), lambda: greet_mail_server(settings)),
    ]


def _checked(check: str, look: Callable[[], str], needs: Finding | None = None) -> Finding:
    if needs is not None and not needs.ok:
        return Finding(check=check, ok=False, detail=f"not tried, because the {needs.check} does not answer")
    try:
        return Finding(check=check, ok=True, detail=look())
    except ResidencyError as error:
        return Finding(check=check, ok=False, detail=str(error))


def _timed(check: str, place: str, probe: Callable[[], str]) -> Finding:
    """A part that is spoken to: where it is, what it says it is, and how long the exchange took."""
    try:
        # Once to load the client, whose import would count as slowness of the part.
        probe()
        begun = time.perf_counter()
        version = probe()
    except ResidencyError as error:
        return Finding(check=check, ok=False, detail=str(error))
    took = round((time.perf_counter() - begun) * 1000, 1)
    return Finding(check=check, ok=True, detail=f"answers at {place}", version=version, latency_ms=took)


def _python() -> str:
    least, beyond = _SUPPORTED
    if not least <= sys.version_info[:2] < beyond:
        raise DoctorError(
            f"Python {platform.python_version()} is not supported; use {least[0]}.{least[1]} "
            f"up to {beyond[0]}.{beyond[1] - 1}"
        )
    return f"{platform.python_version()} at {sys.executable}"


def _home(settings: Settings) -> str:
    home = settings.home
    if not home.exists():
        raise HomeError(f"{home} does not exist yet; run `residency up`")
    if not os.access(home, os.W_OK | os.X_OK):
        raise HomeError(f"{home} belongs to another user; set RESIDENCY_HOME to a folder of your own")
    free = shutil.disk_usage(home).free
    if free < _LEAST_FREE_BYTES:
        raise HomeError(f"{home} has only {free / 1e6:.0f} MB free; PostgreSQL stops when the disk is full")
    return f"{home}, {free / 1e9:.1f} GB free"


def _credentials(settings: Settings) -> str:
    path = credentials_path(settings)
    if load_credentials(settings) is None:
        raise DoctorError(f"{path} does not exist yet; `residency up` makes it")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise DoctorError(f"{path} can be read by others (mode {mode:04o}); run `chmod 600 {path}`")
    return f"{path}, mode {mode:04o}"


def _schema(settings: Settings) -> str:
    check_schema(settings)
    return "at the newest migration"


def _prefect(settings: Settings) -> str:
    with prefect_api(settings) as api:
        return api.version()


def _worker(settings: Settings) -> str:
    with prefect_api(settings) as api:
        workers = sorted(api.online_workers())
    if not workers:
        raise DoctorError(
            f"no worker serves work pool {POOL}, so runs wait; start it with `residency up`, "
            "or see `residency logs worker`"
        )
    return f"{', '.join(workers)} on work pool {POOL}"


def _flows(settings: Settings) -> str:
    with prefect_api(settings) as api:
        missing = declared_names() - api.deployment_names()
    if missing:
        raise DoctorError(f"not deployed: {', '.join(sorted(missing))}; restart with `residency up`")
    return f"all {len(declared_names())} are deployed"
