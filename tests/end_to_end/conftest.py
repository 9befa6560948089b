"""A plant of its own for the end-to-end tests: a temporary home, free ports, the real command line."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

RESIDENCY = Path(sys.executable).parent / "residency"
OURS = ("RESIDENCY_", "PREFECT_")
S3_PORTS = (*range(5), *range(10_000, 10_005))


@dataclass(frozen=True)
class Plant:
    """Where one plant lives and how to talk to it."""

    environment: dict[str, str]
    folder: Path

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.environment['RESIDENCY_PREFECT_PORT']}/api"

    def run(self, *words: str, code: int = 0, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """Run one command to its end and expect its exit code."""
        ended = subprocess.run(
            [RESIDENCY, *words],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert ended.returncode == code, f"{words}: {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        return ended


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _free_port(fits: Callable[[int], bool]) -> int:
    for port in range(21_000 + os.getpid() % 1000, 30_000, 7):
        if fits(port):
            return port
    raise AssertionError("no free ports")


@pytest.fixture(scope="module")
def plant() -> Iterator[Plant]:
    folder = Path(tempfile.mkdtemp(prefix="residency-end-to-end-"))
    folder.chmod(0o711)  # PostgreSQL runs as another user when root runs the tests
    first = _free_port(
        lambda port: all(_free(port + step) for step in (0, 1, 2, *(10 + s for s in S3_PORTS)))
    )
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("RESIDENCY_", "PREFECT_"))
        },
        "RESIDENCY_HOME": str(folder / "home"),
        "RESIDENCY_POSTGRES_PORT": str(first),
        "RESIDENCY_PREFECT_PORT": str(first + 1),
        "RESIDENCY_MAIL_PORT": str(first + 2),
        "RESIDENCY_S3_PORT": str(first + 10),
    }
    made = Plant(environment, folder)
    yield made
    subprocess.run([RESIDENCY, "down"], env=environment, cwd=folder, check=False, capture_output=True)
    shutil.rmtree(folder)
