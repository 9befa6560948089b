"""Real servers for the whole session, a fresh database for each test that asks, and nothing left behind."""

import asyncio
import atexit
import shutil
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from residency.store.database import open_engine
from residency.store.migrate import migrate
from stack.credentials import OWNER
from stack.postgres import EmbeddedPostgres

TEMPLATE = "migrated"
TRACE = "TRACE_OF_TESTS"
"""Variable by which whatever these tests start is known, whoever its parent is by then."""
GRACE = 5
"""Seconds in which what ends may end."""
SHARED = "prefect_of_apply"
"""A database of a server that outlives the tests and keeps or ends its sessions as it likes."""


@pytest.fixture(scope="session", autouse=True)
def temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The system's folder for temporary files, as these tests and all that they start see it."""
    tmp_path_factory.getbasetemp()  # stays where it is
    folder = Path(tempfile.mkdtemp(prefix="tests-"))
    folder.chmod(0o1777)
    # Later than Prefect, which removes its own at the very end.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        patch.setenv("TMPDIR", str(folder))
        patch.setenv(TRACE, folder.name)
        yield folder


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest, temporary_folder: Path) -> Iterator[None]:
    """Fails a test after which there is more than before: it goes first, so its end is the last of all."""
    before = set(_found(temporary_folder))
    yield
    left = _settled(
        lambda: (
            [told for key, told in _found(temporary_folder).items() if key not in before]
            + (_busy_in_prefect() if "prefect_server" in request.fixturenames else [])
        )
    )
    assert left == [], "the test left something behind"


def _settled(left: Callable[[], list[str]]) -> list[str]:
    deadline = time.monotonic() + GRACE
    while (found := left()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _found(temporary_folder: Path) -> dict[object, str]:
    """Processes that we started, threads that keep us alive, sockets that listen, temporary files."""
    found: dict[object, str] = {}
    for process in {*psutil.Process().children(recursive=True), *_traced(temporary_folder.name)}:
        if _is_beside(process):
            continue
        with suppress(psutil.NoSuchProcess):
            shown = process.as_dict(["status", "name", "cmdline"], ad_value=[])
            command = " ".join(shown["cmdline"]) or shown["name"]
            if command.startswith("postgres: ") and f" {SHARED} " in command:
                continue
            found[process] = f"process {process.pid}, {shown['status']}: {command}"
    for thread in threading.enumerate():
        # Those of the event loop live as long as the loop, which is the session's.
        if not thread.daemon and not thread.name.startswith("asyncio_"):
            found[thread] = f"thread {thread.name}"
    for socket in psutil.Process().net_connections("inet"):
        if socket.status == psutil.CONN_LISTEN:
            found[socket.laddr] = f"socket that listens on {socket.laddr}"
    for path in temporary_folder.iterdir():
        found[path] = f"temporary file {path.name}"
    return found


def _is_beside(process: psutil.Process) -> bool:
    """Whether a process belongs to checks that run beside the tests and has nothing to do with them."""
    try:
        return "BESIDE_THE_TESTS" in process.environ()
    except psutil.Error:
        return False


def _traced(trace: str) -> Iterator[psutil.Process]:
    ours = psutil.Process().create_time()
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if process.create_time() > ours and process.environ().get(TRACE) == trace:
                yield process


def _busy_in_prefect() -> list[str]:
    """Flow runs that neither wait nor have ended, and slots that somebody holds."""
    from prefect.settings import get_current_settings

    url = get_current_settings().api.url
    states = {"state": {"type": {"any_": ["PENDING", "RUNNING", "PAUSED", "CANCELLING"]}}}
    runs = httpx.post(f"{url}/flow_runs/filter", json={"flow_runs": states}, timeout=60).json()
    limits = httpx.post(f"{url}/v2/concurrency_limits/filter", json={}, timeout=60).json()
    return [f"flow run {run['name']}, {run['state_name']}" for run in runs] + [
        f"{limit['active_slots']} slots of {limit['name']}" for limit in limits if limit["active_slots"]
    ]


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=90):
        yield


@pytest.fixture(scope="session")
def busy_in_prefect(prefect_server: None) -> Callable[[], list[str]]:
    """Tells the flow runs that are under way and the slots that are held, which every test must end."""
    return _busy_in_prefect


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres.temporary() as server:
        asyncio.run(_make_template(server))
        yield server


async def _make_template(server: EmbeddedPostgres) -> None:
    await _administer(server, f"CREATE DATABASE {TEMPLATE} OWNER {OWNER}")
    async with open_engine(in_database(server.owner_url, TEMPLATE)) as engine:
        await migrate(engine)


async def _administer(server: EmbeddedPostgres, statement: str) -> None:
    async with open_engine(server.superuser_url()) as engine, engine.connect() as connection:
        autocommitted = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommitted.execute(text(statement))


def in_database(url: str, name: str) -> str:
    """The URL of another database for the same role."""
    return f"{url.rsplit('/', 1)[0]}/{name}"


@pytest.fixture
async def database(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The name of a migrated, empty database of the test's own."""
    name = f"test_{uuid4().hex}"
    await _administer(postgres, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER {OWNER}")
    yield name
    left = await asyncio.to_thread(_settled, lambda: asyncio.run(_sessions(postgres, name)))
    await _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")
    assert left == [], "the test left sessions in its database"


async def _sessions(server: EmbeddedPostgres, name: str) -> list[str]:
    async with open_engine(server.superuser_url()) as engine, engine.connect() as connection:
        found = await connection.execute(
            text("SELECT pid, usename, state, query FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
        return [f"session {row.pid} of {row.usename}, {row.state}: {row.query}" for row in found]


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, database: str) -> str:
    """The test's database as flows and commands open it, with the application's rights and no more."""
    return in_database(postgres.app_url, database)


@pytest.fixture
def owner_url(postgres: EmbeddedPostgres, database: str) -> str:
    """The test's database as the owner of its tables, for tests that change them."""
    return in_database(postgres.owner_url, database)


@pytest.fixture
def readonly_url(postgres: EmbeddedPostgres, database: str) -> str:
    """The test's database as those who read its views alone."""
    return in_database(postgres.readonly_url, database)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with open_engine(database_url, pool_size=12) as opened:
        yield opened


@pytest.fixture
async def owner(owner_url: str) -> AsyncIterator[AsyncEngine]:
    """The engine of the tables' owner."""
    async with open_engine(owner_url, pool_size=2) as opened:
        yield opened
