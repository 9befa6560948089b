"""Plants of their own for the tests: temporary homes, free ports, the real command line."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from residency.settings import Settings
from stack.environment import MARK
from stack.home import postgres_folder
from stack.ports import PortsBusyError, check_ports, needed_ports
from stack.service_user import service_user

RESIDENCY = Path(sys.executable).parent / "residency"


_APART = 1000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
"""By how much the ports of processes that share the tests differ, so that no two ask for the same."""


class Plant:
    """One home on free ports, spoken to by the command line alone."""

    def __init__(self, home: Path, settings: Settings) -> None:
        self.settings = settings
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("RESIDENCY_", "PREFECT_"))
            },
            "RESIDENCY_HOME": str(home),
            **{
                f"RESIDENCY_{name.upper()}": str(getattr(settings, name))
                for name in ("postgres_port", "prefect_port", "mail_port", "s3_port")
            },
        }

    def at(self, home: Path) -> "Plant":
        """A plant of another home on the very same ports."""
        return Plant(home, self.settings.model_copy(update={"home": home}))

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [RESIDENCY, *words],
            env=self.environment,
            cwd=self.settings.home.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, code: int = 0) -> str:
        with self.start(*words) as started:
            output, errors = started.communicate(timeout=200)
        assert started.returncode == code, output + errors
        return output + errors

    def up(self, *words: str) -> str:
        return self.run("up", "--no-main-job", *words)

    def status(self):
        return json.loads(self.run("status", "--json"))

    def part(self, key):
        return next(part for part in self.status()["parts"] if part["key"] == key)

    def ask(self, path, body=None):
        return httpx.post(f"{self.settings.prefect_url}{path}", json=body or {}, timeout=60).json()

    def processes(self) -> list[str]:
        """Every living process of this plant: by its mark, its folder or its ports."""
        numbers = {str(port.number) for port in needed_ports(self.settings)}
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess):
                command = process.cmdline()
                marked = False
                with suppress(psutil.AccessDenied):
                    marked = process.environ().get(MARK) == str(self.settings.home)
                named = any(str(self.settings.home) in word or word in numbers for word in command)
                if (marked or named) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(f"{process.pid} {' '.join(command)}")
        return found


@contextmanager
def plant_in(home: Path):
    for first in range(16_050 + _APART, 21_000, 50):
        settings = Settings(
            _env_file=None,
            home=home,
            s3_port=first,
            postgres_port=first + 10,
            prefect_port=first + 11,
            mail_port=first + 12,
        )
        with suppress(PortsBusyError):
            check_ports(settings)
            break
    plant = Plant(home, settings)
    try:
        yield plant
    finally:
        plant.run("down")
        outside = postgres_folder(settings, service_user("residency"))
        if not outside.is_relative_to(home):
            shutil.rmtree(outside.parent, ignore_errors=True)


@pytest.fixture
def new_plant():
    """A plant that never ran, in a folder that every user may pass."""
    root = Path(tempfile.mkdtemp(prefix="residency-plant-"))
    root.chmod(0o711)
    with plant_in(root / "home") as plant:
        yield plant
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def plant():
    """A plant that is up, started for the first time and left in the background."""
    root = Path(tempfile.mkdtemp(prefix="residency-plant-"))
    root.chmod(0o711)
    with plant_in(root / "home") as plant:
        # What it starts again during one test is not what that test leaves behind.
        plant.environment.pop("TRACE_OF_TESTS", None)
        begun = time.monotonic()
        plant.first_output = plant.up("--detach")
        plant.first_seconds = time.monotonic() - begun
        yield plant
    assert plant.processes() == []
    shutil.rmtree(root)


@pytest.fixture(scope="session")
def eventually():
    """Waits until a condition holds, a minute at most."""

    def wait(condition):
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.2)

    return wait
