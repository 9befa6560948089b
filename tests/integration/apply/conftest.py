"""A Prefect server of its own for the tests of ``residency apply``, and applies towards it."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from sqlalchemy import text

from residency.settings import Settings
from residency.store.database import async_url, open_engine
from stack.apply.checkout import REPOSITORY
from stack.apply.server import Wish, carry_out, changes, wish
from stack.prefect_api import prefect_api

PROGRAMS = Path(sys.executable).parent
LISTS = ("flows", "deployments", "work_pools", "variables", "automations", "v2/concurrency_limits")


class Server:
    """A Prefect server of its own, and ``apply`` towards it from within this process."""

    def __init__(self, folder, port):
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}/api"
        self.settings = Settings(_env_file=None, home=folder / "home", **self.given())

    def given(self):
        return {
            "prefect_api_url": self.url,
            "database_url": "postgresql://app:database-password@db.example/residency",
            "s3_endpoint_url": "https://s3.example",
            "s3_access_key_id": "key-of-the-store",
            "s3_secret_access_key": "secret-of-the-store",
        }

    @property
    def environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("RESIDENCY_", "PREFECT_"))}
        ours = {f"RESIDENCY_{name.upper()}": value for name, value in self.given().items()}
        return {
            **kept,
            **ours,
            "RESIDENCY_HOME": str(self.settings.home),
            "PREFECT_HOME": str(self.folder / "client"),
            "PREFECT_API_URL": self.url,
            "DO_NOT_TRACK": "1",
        }

    def ask(self, method, path, body=None):
        with prefect_api(self.settings) as api:
            return api.ask(method, path, body)

    def command(self, *words):
        ended = subprocess.run(
            [PROGRAMS / words[0], *words[1:]],
            env=self.environment,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def content(self):
        """All that an apply could have written, without what the server counts by itself."""
        lists = {path: self.ask("POST", f"/{path}/filter", {}) for path in LISTS}
        types = [each["slug"] for each in self.ask("POST", "/block_types/filter", {"limit": 200})]
        return json.dumps([lists, sorted(types)], sort_keys=True)

    def apply(self, wanted, **options):
        with prefect_api(self.settings) as api, temporary_settings({PREFECT_API_URL: self.url}):
            return carry_out(api, wanted, lambda _: None, **{"prune": False, "renew": False, **options})

    def diff(self, wanted, **options):
        with prefect_api(self.settings) as api:
            return changes(api, wanted, **{"prune": False, "renew": False, **options})

    def deployment(self, full_name):
        return self.ask("GET", f"/deployments/name/{full_name}")

    def automation(self, name):
        return next(each for each in self.ask("POST", "/automations/filter", {}) if each["name"] == name)


@pytest.fixture(scope="session")
def prefect_database(postgres):
    """An empty database for the server, which on SQLite keeps its clients waiting for seconds."""

    async def make():
        async with open_engine(postgres.superuser_url()) as engine, engine.connect() as connection:
            autocommitted = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await autocommitted.execute(text("CREATE DATABASE prefect_of_apply"))
        async with open_engine(postgres.superuser_url("prefect_of_apply")) as engine, engine.begin() as ours:
            await ours.execute(text("CREATE EXTENSION pg_trgm"))

    asyncio.run(make())
    return async_url(postgres.superuser_url("prefect_of_apply"))


@pytest.fixture(scope="session")
def empty_server(tmp_path_factory, prefect_database):
    folder = tmp_path_factory.mktemp("prefect")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(folder, port)
    environment = server.environment | {
        "PREFECT_HOME": str(folder / "server"),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": prefect_database,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    }
    del environment["PREFECT_API_URL"]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [PROGRAMS / "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        for _ in range(900):
            with suppress(httpx.TransportError):
                if httpx.get(f"{server.url}/health").is_success:
                    break
            assert process.poll() is None, (folder / "server.log").read_text()
            time.sleep(0.1)
        yield server
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="session")
def first(empty_server, wanted):
    """What the first commands did: only showing, being killed on the way, and going on."""
    before = empty_server.content()
    shown = empty_server.command("residency", "apply", "--diff", "--json")
    untouched = empty_server.content() == before
    with subprocess.Popen(
        [PROGRAMS / "residency", "apply"],
        env=empty_server.environment | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as killed:
        begun = [killed.stdout.readline() for _ in range(14)]
        killed.kill()
    return {
        "shown": json.loads(shown),
        "untouched": untouched,
        "begun": begun,
        "between": empty_server.content(),
        "finished": empty_server.apply(wanted),
        "again": empty_server.diff(wanted),
    }


@pytest.fixture(scope="session")
def wanted(empty_server):
    return wish(empty_server.settings)


@pytest.fixture
def server(empty_server, first, wanted):
    """The server as an apply leaves it, at the beginning and at the end of each test."""
    empty_server.apply(wanted, prune=True, renew=True)
    assert empty_server.diff(wanted) == []
    yield empty_server
    empty_server.apply(wanted, prune=True, renew=True)


@pytest.fixture(scope="session")
def changed():
    """A function: the wish with other fields of one resource."""

    def change(wanted, name, **fields):
        return Wish(
            wanted.plan,
            tuple(
                replace(each, fields={**each.fields, **fields}) if each.name == name else each
                for each in wanted.resources
            ),
        )

    return change
