"""A plant of its own for every round of kills: its processes, what it has stored, whether it is well."""

import asyncio
import json
import os
import random
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from residency.settings import Settings
from stack.credentials import database_url
from stack.environment import MARK
from stack.home import postgres_folder
from stack.plant_state import running_pid
from stack.ports import PortsBusyError, check_ports
from stack.s3 import s3_client
from stack.service_user import service_user

RESIDENCY = Path(sys.executable).parent / "residency"
TABLES = ("people", "services", "schedule_versions", "assignments", "task_runs", "health_checks")
ROLES = (
    ("initdb", "initdb"),
    ("weed", "s3"),
    ("stack.mail_sink", "mail"),
    ("server start", "prefect"),
    ("prefect.server", "prefect"),
    ("worker start", "worker"),
    ("stack.deploy", "deploy"),
    ("deploy", "deploy"),
    ("engine", "run"),
    ("postgres", "postgres"),
)
"""A word of the command line and the role that it betrays, the most telling first."""


_APART = 1000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
"""By how much the ports of processes that share the tests differ, so that no two ask for the same."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rounds", type=int, default=0, help="rounds of every kind of kill (default: a short one)"
    )
    parser.addoption("--seed", type=int, default=None, help="seed of the first round (default: the clock)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each round a seed that is printed as a part of its name."""
    seed = metafunc.config.getoption("--seed", None)
    # Processes that share the tests must agree on their names.
    shared = int(os.environ.get("PYTEST_XDIST_TESTRUNUID", "0")[:8], 16)
    first = (shared or int(time.time())) % 1_000_000 if seed is None else seed
    rounds = metafunc.config.getoption("--rounds", 0)
    for name, count in (("dice", rounds), ("short_dice", 1)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, [first + number for number in range(count)], indirect=True)


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """The source of chance of one round of many."""
    return random.Random(request.param)  # noqa: S311 -- chaos, not secrets


@pytest.fixture
def short_dice(request: pytest.FixtureRequest) -> random.Random:
    """The source of chance of the short test."""
    return random.Random(request.param)  # noqa: S311 -- chaos, not secrets


@dataclass
class Plant:
    """One home on free ports, spoken to by the command line, watched through the system."""

    settings: Settings
    environment: dict[str, str]
    stored: dict[str, bytes] = field(default_factory=dict)
    mails: int = 0

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command whose output is kept in a file, so that it never waits for a reader."""
        output = tempfile.TemporaryFile("w+")  # noqa: SIM115 -- read for as long as the command lives
        started = subprocess.Popen(
            [RESIDENCY, *words],
            env=self.environment,
            cwd=self.settings.home.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.kept = output
        return started

    def said(self, started: subprocess.Popen[str]) -> str:
        """What a command has put out up to now."""
        started.kept.seek(0)
        return started.kept.read()

    def run(self, *words: str, code: int | None = 0, seconds: float = 600) -> str:
        """A command to its end."""
        started = self.start(*words)
        try:
            started.wait(seconds)
        except subprocess.TimeoutExpired:
            started.kill()
            raise AssertionError(f"{words} went on for {seconds} s:\n{self.said(started)}") from None
        said = self.said(started)
        assert code is None or started.returncode == code, f"{words}: {started.returncode}\n{said}"
        assert "Traceback" not in said, said
        return said

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Every living process of the plant by its role, parents before their children."""
        found: dict[str, list[psutil.Process]] = {}
        pid = running_pid(self.settings) if self.settings.home.exists() else None
        if pid:
            with suppress(psutil.NoSuchProcess):
                found["plant"] = [psutil.Process(pid)]
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if process.status() == psutil.STATUS_ZOMBIE:
                    continue
                if process.environ().get(MARK) != str(self.settings.home):
                    continue
                command = " ".join(process.cmdline())
                role = next((role for word, role in ROLES if word in command), "other")
                found.setdefault(role, []).append(process)
                if role == "postgres":
                    found[role] += process.children()
        return found

    def kill(self, role: str) -> list[str]:
        """Kill all processes of a role at once, every process for ``everything``; tells whom."""
        found = self.processes()
        roles = list(found) if role == "everything" else [role]
        victims = [process for name in roles for process in found.get(name, [])]
        told = []
        for process in victims:
            with suppress(psutil.NoSuchProcess):
                told.append(f"{process.pid} {' '.join(process.cmdline())[:80]}")
                process.kill()
        return told

    def store(self, dice: random.Random) -> None:
        """Put an object into S3 and send a mail, to be found again after the kill."""
        key, body = f"chaos/{len(self.stored)}", dice.randbytes(2000)
        s3_client(self.settings).put_object(Bucket=self.settings.s3_bucket, Key=key, Body=body)
        self.stored[key] = body
        with smtplib.SMTP("127.0.0.1", self.settings.mail_port, timeout=10) as client:
            client.sendmail("a@example.org", ["b@example.org"], "Subject: chaos\r\n\r\nText.\r\n")
        self.mails += 1

    def counts(self) -> dict[str, int]:
        """Rows of each table, artifacts and finished flow runs."""

        async def ask() -> dict[str, int]:
            connection = await asyncpg.connect(database_url(self.settings).get_secret_value())
            try:
                return {
                    table: await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 -- ours
                    for table in TABLES
                }
            finally:
                await connection.close()

        counts = asyncio.run(ask())
        counts["artifacts"] = int(self.ask("/artifacts/count"))
        terminal = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}}}
        counts["ended runs"] = int(self.ask("/flow_runs/count", terminal))
        return counts

    def open_records(self) -> list[str]:
        """Runs that ``task_runs`` counts as under way."""

        async def ask() -> list[str]:
            connection = await asyncpg.connect(database_url(self.settings).get_secret_value())
            try:
                rows = await connection.fetch("SELECT run_id, task FROM task_runs WHERE state = 'STARTED'")
            finally:
                await connection.close()
            return [f"{row['task']} {row['run_id']}" for row in rows]

        return asyncio.run(ask())

    def ask(self, path: str, body: object = None) -> object:
        """What Prefect's API answers."""
        answer = httpx.post(f"{self.settings.prefect_url}{path}", json=body or {}, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def check_kept(self, before: dict[str, int]) -> None:
        """Everything stored is still there, byte for byte where we know the bytes."""
        after = self.counts()
        assert {name: count for name, count in after.items() if count < before[name]} == {}
        client = s3_client(self.settings)
        for key, body in self.stored.items():
            assert client.get_object(Bucket=self.settings.s3_bucket, Key=key)["Body"].read() == body
        assert len(json.loads(self.run("mail", "--json"))) >= self.mails

    def check_well(self) -> None:
        """Status, doctor, runs, records and slots are as on a plant that nothing happened to."""
        status = json.loads(self.run("status", "--json"))
        assert {part["state"] for part in status["parts"]} == {"ready"}, status
        eventually(lambda: self._wrong() == [], 120, self._wrong)
        eventually(lambda: self._under_way() == [], 120, self._under_way)
        eventually(lambda: self.open_records() == [], 60, self.open_records)
        eventually(lambda: self._slots() == [], 60, self._slots)

    def _wrong(self) -> list[str]:
        findings = json.loads(self.run("doctor", "--json", code=None))
        return [f"{each['check']}: {each['detail']}" for each in findings if not each["ok"]]

    def _under_way(self) -> list[str]:
        states = {"flow_runs": {"state": {"type": {"any_": ["RUNNING", "PENDING", "CANCELLING"]}}}}
        return [f"{run['name']} {run['state_name']}" for run in self.ask("/flow_runs/filter", states)]

    def _slots(self) -> list[str]:
        limits = self.ask("/v2/concurrency_limits/filter", {"limit": 200})
        return [each["name"] for each in limits if each["active_slots"]]


def eventually(condition: Callable[[], bool], seconds: float, explain: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not after {seconds} s: {explain()}"
        time.sleep(0.3)


@pytest.fixture(name="eventually")
def eventually_fixture() -> Callable[[Callable[[], bool], float, Callable[[], object]], None]:
    return eventually


def _settings(home: Path) -> Settings:
    for first in range(12_000 + _APART, 16_000, 50):
        found = Settings(
            _env_file=None,
            home=home,
            s3_port=first,
            postgres_port=first + 10,
            prefect_port=first + 11,
            mail_port=first + 12,
        )
        with suppress(PortsBusyError):
            check_ports(found)
            return found
    raise AssertionError("no free ports")


@pytest.fixture
def plant() -> Iterator[Plant]:
    """A plant that never ran; what it leaves behind on a failure stays for a look."""
    root = Path(tempfile.mkdtemp(prefix="residency-chaos-"))
    root.chmod(0o711)  # PostgreSQL runs as another user when root runs the tests
    settings = _settings(root / "home")
    ports = ("postgres_port", "prefect_port", "mail_port", "s3_port")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("RESIDENCY_", "PREFECT_"))
    }
    environment |= {f"RESIDENCY_{name.upper()}": str(getattr(settings, name)) for name in ports}
    made = Plant(settings, environment | {"RESIDENCY_HOME": str(settings.home)})
    yield made
    if (pid := running_pid(settings)) if settings.home.exists() else None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    made.run("down", code=None)
    made.kill("everything")
    outside = postgres_folder(settings, service_user(settings.service_user))
    if not outside.is_relative_to(settings.home):
        shutil.rmtree(outside.parent, ignore_errors=True)
    shutil.rmtree(root)
