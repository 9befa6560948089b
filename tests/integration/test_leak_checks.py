"""Whatever an integration test leaves behind fails that very test."""

import re
from pathlib import Path

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).with_name("conftest.py")
LEAVING = """
import asyncio, socket, subprocess, sys, tempfile, threading, time

import pytest

KEPT = []
LONG = [sys.executable, "-c", "import time; time.sleep(30)"]


@pytest.fixture(scope="module")
def server():
    with subprocess.Popen(LONG) as started, tempfile.TemporaryDirectory(), socket.create_server(("", 0)):
        yield started
        started.kill()


def test_nothing(server, tmp_path):
    (tmp_path / "file").touch()
    with tempfile.TemporaryFile(), socket.create_server(("", 0)):
        subprocess.run([sys.executable, "-c", ""], check=True)
    threading.Thread(target=time.sleep, args=(0.1,)).start()
    assert server.poll() is None


def test_a_process():
    KEPT.append(subprocess.Popen(LONG))


def test_a_process_that_nobody_collects():
    KEPT.append(subprocess.Popen([sys.executable, "-c", ""]))


def test_a_process_that_left_its_parent():
    code = f"import subprocess; subprocess.Popen({LONG!r}, start_new_session=True)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_thread():
    threading.Thread(target=KEPT_BUSY.wait, name="busy").start()


def test_a_socket():
    KEPT.append(socket.create_server(("", 0)))


def test_a_file():
    tempfile.mkdtemp(prefix="forgotten-")


async def test_a_session(database_url):
    import asyncpg

    KEPT.append(await asyncpg.connect(database_url.replace("+asyncpg", "")))


KEPT_BUSY = threading.Event()


@pytest.fixture(scope="session", autouse=True)
def tidy(temporary_folder):
    yield
    import psutil

    KEPT_BUSY.set()
    for process in psutil.process_iter():
        try:
            if process.environ().get("TRACE_OF_TESTS") == temporary_folder.name:
                process.kill()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
"""


LEFT = {
    "test_a_process": "process .*sleep",
    "test_a_process_that_nobody_collects": "process .*zombie",
    "test_a_process_that_left_its_parent": "process .*sleep",
    "test_a_thread": "thread busy",
    "test_a_socket": "socket that listens",
    "test_a_file": "temporary file forgotten-",
    "test_a_session": "session .* of .*, idle",
}


def test_each_kind_of_trace_is_seen_and_named(pytester):
    """All tests pass; those that leave something fail at their end, and no other does."""
    pytester.makeini("""
        [pytest]
        asyncio_mode = auto
        asyncio_default_fixture_loop_scope = session
        asyncio_default_test_loop_scope = session
    """)
    pytester.makeconftest(CONFTEST.read_text().replace("GRACE = 5", "GRACE = 0.5"))
    pytester.makepyfile(LEAVING)
    ended = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    ended.assert_outcomes(passed=len(LEFT) + 1, errors=len(LEFT))
    reports = re.split(r"_+ ERROR at teardown of (\w+) _+", ended.stdout.str())
    told = dict(zip(reports[1::2], reports[2::2], strict=True))
    assert set(told) == set(LEFT)
    for test, trace in LEFT.items():
        assert re.search(f"^E .*{trace}", told[test], re.MULTILINE), told[test]
