"""A plant of a benchmark's own: a temporary home, free ports, the real command line, gone at the end."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_RESIDENCY = Path(sys.executable).parent / "residency"
_OURS = ("RESIDENCY_", "PREFECT_")
# PostgreSQL, Prefect, mail; then five ports of S3, and the same five plus 10000.
_OFFSETS = (0, 1, 2, *range(10, 15), *range(10_010, 10_015))


@dataclass(frozen=True, slots=True)
class Plant:
    """Where a running plant answers."""

    home: Path
    api: str
    environment: dict[str, str]


@contextmanager
def temporary_plant() -> Generator[Plant]:
    """Start everything with the sample program in it, analysed once, and take it all down at the end.

    Raises:
        subprocess.CalledProcessError: if it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="residency-benchmark-"))
    folder.chmod(0o711)  # PostgreSQL runs as another user when root starts it
    first = _first_free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(_OURS)},
        "RESIDENCY_HOME": str(folder / "home"),
        "RESIDENCY_POSTGRES_PORT": str(first),
        "RESIDENCY_PREFECT_PORT": str(first + 1),
        "RESIDENCY_MAIL_PORT": str(first + 2),
        "RESIDENCY_S3_PORT": str(first + 10),
    }
    try:
        _residency(environment, folder, "up", "--detach")
        yield Plant(folder / "home", f"http://127.0.0.1:{first + 1}/api", environment)
    finally:
        _residency(environment, folder, "down")
        shutil.rmtree(folder)


def _residency(environment: dict[str, str], folder: Path, *words: str) -> None:
    # S603: our own installation's program.
    subprocess.run(  # noqa: S603
        [_RESIDENCY, *words], env=environment, cwd=folder, check=True, stdout=sys.stderr
    )


def _first_free_port() -> int:
    start = 31_000 + os.getpid() % 1000
    for first in range(start, 45_000, 20):
        if all(_is_free(first + offset) for offset in _OFFSETS):
            return first
    raise RuntimeError(f"no free ports from {start} on")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
