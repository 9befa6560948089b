import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Timer

import psutil
import pytest
from asyncpg import PostgresError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from residency.store.database import async_url
from stack.credentials import Credentials
from stack.postgres import EmbeddedPostgres, PostgresDataError
from stack.process import PartError, StopRequestedError


async def _ask(url: str, statement: str):
    engine = create_async_engine(async_url(url), poolclass=NullPool)
    async with engine.begin() as connection:
        result = await connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None


def ask(url: str, statement: str):
    return asyncio.run(_ask(url, statement))


@pytest.fixture(scope="module")
def server() -> Generator[EmbeddedPostgres]:
    with EmbeddedPostgres.temporary() as server:
        yield server


@contextmanager
def prepared() -> Generator[EmbeddedPostgres]:
    """A server that was never started, in a folder its user can reach."""
    root = Path(tempfile.mkdtemp(prefix="residency-postgres-"))
    root.chmod(0o711)
    with EmbeddedPostgres.temporary() as other:
        port = other.port
    server = EmbeddedPostgres(root / "data", port, Credentials.generated(), root / "log", durable=False)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(root)


def test_serves_with_checksums_scram_and_loopback_only(server):
    assert ask(server.superuser_url(), "SHOW data_checksums") == "on"
    assert ask(server.superuser_url(), "SHOW listen_addresses") == "127.0.0.1"
    assert ask(server.superuser_url(), "SHOW unix_socket_directories") == ""
    assert ask(server.superuser_url(), "SHOW server_encoding") == "UTF8"
    methods = "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules"
    assert ask(server.superuser_url(), methods) == "scram-sha-256"
    verifiers = "SELECT bool_and(rolpassword LIKE 'SCRAM-SHA-256$%') FROM pg_authid WHERE rolcanlogin"
    assert ask(server.superuser_url(), verifiers) is True


def test_owners_own_their_database_and_cannot_enter_the_other(server):
    owners = "SELECT string_agg(datname || '=' || pg_get_userbyid(datdba), ' ' ORDER BY datname) "
    owners += "FROM pg_database WHERE datname IN ('residency', 'prefect')"
    assert ask(server.superuser_url(), owners) == "prefect=prefect residency=residency_owner"
    assert ask(server.owner_url, "SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist'") == 1
    assert ask(server.prefect_url, "SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'") == 1
    for url, other in ((server.owner_url, "prefect"), (server.prefect_url, "residency")):
        with pytest.raises((DBAPIError, PostgresError), match="permission denied for database"):
            ask(url.rsplit("/", 1)[0] + "/" + other, "SELECT 1")


def test_owner_is_no_superuser(server):
    assert ask(server.owner_url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop privileges")
def test_root_starts_it_as_an_unprivileged_user_that_owns_the_data(server):
    process = psutil.Process(server.child.pid)
    assert set(process.uids()) != {0}
    assert 0 not in process.uids()
    assert 0 not in process.gids()
    assert server.folder.stat().st_uid == process.uids().real
    groups = Path(f"/proc/{process.pid}/status").read_text()
    assert next(line for line in groups.splitlines() if line.startswith("Groups:")).split() == ["Groups:"]


def test_passwords_are_in_no_log_no_command_line_and_no_statistics(server):
    secrets = [value.get_secret_value() for _, value in server.credentials]
    assert len(secrets) == len(Credentials.model_fields) == 8
    ask(server.superuser_url(), "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    statements = ask(server.superuser_url(), "SELECT string_agg(query, ' ') FROM pg_stat_statements")
    assert "pg_stat_statements" in statements
    seen = statements + server.log.read_text()
    for process in psutil.process_iter():
        try:
            seen += " ".join(process.cmdline())
        except psutil.NoSuchProcess:
            continue
    assert [secret for secret in secrets if secret in seen] == []
    assert [secret for secret in secrets if secret in repr(server)] == []


def test_a_second_start_keeps_data_and_passwords():
    with prepared() as server:
        server.start()
        ask(server.owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        server.stop()
        again = replace(server)
        again.start()
        try:
            assert ask(again.owner_url, "SELECT answer FROM kept") == 42
        finally:
            again.stop()


def test_the_data_of_an_older_home_gets_the_roles_it_lacks():
    with prepared() as server:
        server.start()
        for role in ("residency_app", "residency_readonly"):
            for database in ("residency", "postgres"):
                ask(server.superuser_url(database), f"DROP OWNED BY {role}")
            ask(server.superuser_url(), f"DROP ROLE {role}")
        ask(server.owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        server.stop()
        server.start()
        assert ask(server.app_url, "SELECT current_user") == "residency_app"
        assert ask(server.readonly_url, "SHOW search_path") == "readonly, public"
        assert ask(server.readonly_url, "SHOW default_transaction_read_only") == "on"
        assert ask(server.owner_url, "SELECT answer FROM kept") == 42
        for url in (server.app_url, server.readonly_url):
            with pytest.raises((DBAPIError, PostgresError), match="permission denied for table kept"):
                ask(url, "SELECT answer FROM kept")


def test_a_password_that_the_credentials_lost_and_got_anew_opens_the_database():
    with prepared() as server:
        server.start()
        server.stop()
        server.credentials = server.credentials.model_copy(
            update={"app_password": Credentials.generated().app_password}
        )
        server.start()
        assert ask(server.app_url, "SELECT 1") == 1


def test_killed_server_with_a_stale_lock_of_a_living_stranger_starts_again():
    with prepared() as server:
        server.start()
        ask(server.owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        lock = server.folder / "postmaster.pid"
        content = lock.read_text()
        children = psutil.Process(server.child.pid).children(recursive=True)
        server.child.send(signal.SIGKILL)
        psutil.wait_procs(children, timeout=20)
        server.stop()
        with subprocess.Popen(["/bin/sleep", "60"]) as stranger:
            lock.write_text(content.replace(content.split("\n")[0], str(stranger.pid), 1))
            try:
                server.start()
                assert stranger.poll() is None
                assert ask(server.owner_url, "SELECT answer FROM kept") == 42
            finally:
                stranger.kill()


def test_server_of_a_killed_plant_is_ended_before_a_new_one_starts():
    with prepared() as server:
        server.start()
        first = psutil.Process(server.child.pid)
        second = replace(server)
        second.start()
        try:
            assert second.child.pid != first.pid
            assert not first.is_running() or first.status() == psutil.STATUS_ZOMBIE
        finally:
            second.stop()


def test_stop_while_initializing_leaves_nothing_and_the_next_start_succeeds():
    with prepared() as server:
        stop = Event()
        Timer(0.15, stop.set).start()
        with pytest.raises(StopRequestedError):
            server.start(stop)
        assert not (server.folder / "PG_VERSION").exists()
        server.start()
        assert ask(server.owner_url, "SELECT 1") == 1


_START = """
import json, sys
from pathlib import Path
from stack.credentials import Credentials
from stack.postgres import EmbeddedPostgres
given = json.load(sys.stdin)
EmbeddedPostgres(
    Path(given["folder"]),
    given["port"],
    Credentials(**given["credentials"]),
    Path(given["log"]),
    durable=False,
).start()
print("started", flush=True)
sys.stdin.close()
import time
time.sleep(60)
"""


def _processes_in(folder: Path) -> list[psutil.Process]:
    """Every living process that names the folder in its command line or was started for it."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            words = [*process.cmdline(), *process.environ().values()]
            if any(str(folder) in word for word in words) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


@pytest.mark.parametrize("after", [0.5, 0.8, 1.1])
def test_kill_9_at_any_time_of_a_first_start_leaves_no_process_and_is_recoverable(after):
    with prepared() as server:
        starter = subprocess.Popen([sys.executable, "-c", _START], stdin=subprocess.PIPE)
        given = {
            "folder": str(server.folder),
            "port": server.port,
            "log": str(server.log),
            "credentials": {name: value.get_secret_value() for name, value in server.credentials},
        }
        starter.stdin.write(json.dumps(given).encode())
        starter.stdin.close()
        time.sleep(after)
        starter.kill()
        starter.wait()
        psutil.wait_procs(_processes_in(server.folder.parent), timeout=20)
        assert _processes_in(server.folder.parent) == []
        server.start()
        assert ask(server.owner_url, "SELECT 1") == 1
        assert [path.name for path in server.folder.parent.iterdir() if "new" in path.name] == []


def test_other_credentials_are_refused_with_the_mend():
    with prepared() as server:
        server.start()
        server.stop()
        with pytest.raises(PostgresDataError, match=r"restore the credentials\.json"):
            replace(server, credentials=Credentials.generated()).start()
        assert _processes_in(server.folder) == []


def test_data_of_another_version_is_refused_with_the_mend():
    with prepared() as server:
        server.folder.mkdir()
        (server.folder / "PG_VERSION").write_text("12\n")
        with pytest.raises(PostgresDataError, match=r"made by PostgreSQL 12.*RESIDENCY_POSTGRES_BIN"):
            server.start()


def test_a_failed_start_shows_the_end_of_the_log():
    with prepared() as server, EmbeddedPostgres.temporary() as other:
        server.port = other.port
        with pytest.raises(PartError, match=r"(?s)could not bind.*log: "):
            server.start()
        assert _processes_in(server.folder) == []
