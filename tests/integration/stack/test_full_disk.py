"""A disk that is full or may not be written: every command says so, and PostgreSQL comes back with room."""

import asyncio
import os
import re
import subprocess
import time
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from sqlalchemy import text

from residency.errors import ResidencyError
from residency.store.database import open_engine
from stack.credentials import Credentials
from stack.liveness import postgres_answers
from stack.postgres import EmbeddedPostgres
from stack.storage import free_bytes, shortage
from stack.supervisor import Part, Supervisor

pytestmark = pytest.mark.timeout(300)

COMMANDS = ("down", "status", "logs", "doctor", "mail", "health")


def said_by_each(plant, commands):
    """What each of some commands puts out, all of them run at once; each ends in a sentence."""
    started = {command: plant.start(*command.split()) for command in commands}
    said = {}
    for command, process in started.items():
        output, errors = process.communicate(timeout=120)
        said[command] = output + errors
        assert "Traceback" not in said[command], command
        assert process.returncode in {0, 1}, command
    return said


def mount(*words):
    return subprocess.run(["mount", *words], capture_output=True, text=True, check=False)  # noqa: S607


@contextmanager
def small_disk(folder, size):
    """A disk of its own at a folder, for which mounting must be allowed."""
    folder.mkdir(exist_ok=True)
    mounted = mount("-t", "tmpfs", "-o", f"size={size},mode=711", "tmpfs", folder)
    if mounted.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)  # noqa: S607


def fill(folder, leave=0):
    """Take the room on a disk; the file that holds it."""
    path = folder / "filler"
    with path.open("wb") as file:
        block = 1 << 20
        while block and free_bytes(folder) > leave:
            try:
                os.write(file.fileno(), b"x" * block)
            except OSError:
                block //= 2
    return path


def test_a_full_disk_is_told_by_every_command(new_plant):
    with small_disk(new_plant.settings.home, "8m") as home:
        said = new_plant.run("up", "--no-main-job", code=1)
        assert "nothing was started: the disk that holds" in said
        assert "8 MB free and 256 MB are needed" in said
        assert "Traceback" not in said
        assert not (home / "postgres").exists()
        fill(home)
        said = said_by_each(new_plant, ["up --no-main-job"])["up --no-main-job"]
        assert "free some space" in said
        doctor = said_by_each(new_plant, COMMANDS)["doctor"]
        assert "WRONG  disk: the disk that holds" in doctor
        assert "0 MB free" in doctor


def test_a_read_only_disk_is_told_by_every_command(new_plant):
    with small_disk(new_plant.settings.home, "8m") as home:
        new_plant.run("up", "--no-main-job", code=1)
        (home / "credentials.json").write_text("{}")
        assert mount("-o", "remount,ro", home).returncode == 0
        said = said_by_each(new_plant, ["up --no-main-job", "reset --yes", *COMMANDS])
        assert (
            "cannot be written: its disk is mounted read-only; mount it for writing"
            in said["up --no-main-job"]
        )
        assert "WRONG  home" in said["doctor"]
        for command in ("doctor", "reset --yes"):
            assert "mounted read-only" in said[command]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_closed_home_is_told(new_plant):
    new_plant.settings.home.mkdir(mode=0o500)
    said = new_plant.run("up", "--no-main-job", code=1)
    assert "set RESIDENCY_HOME to a folder that you own and can write" in said
    new_plant.settings.home.chmod(0o700)


def test_a_postgres_whose_disk_fills_up_waits_and_comes_back_with_every_row(new_plant):
    settings = new_plant.settings
    with small_disk(settings.home, "300m") as home:
        log = home.parent / "postgres.log"
        server = EmbeddedPostgres(home / "postgres", settings.postgres_port, Credentials.generated(), log)
        said, stop = [], Event()
        part = Part("postgres", "PostgreSQL", "nowhere", launch=server.start)
        supervisor = Supervisor([[part]], said.append, lambda: None, stop, lambda: shortage(settings))
        supervisor.start()
        assert postgres_answers("127.0.0.1", settings.postgres_port)
        watching = Thread(target=supervisor.watch)
        watching.start()
        try:
            filler = fill(home, leave=10_000_000)
            committed = asyncio.run(insert_until_lost(server.superuser_url()))
            assert committed > 0
            until(lambda: part.state == "waiting for disk space", said)
            assert re.search(r"has \d+ MB free and 64 MB are needed; free some space there", said[-1])
            filler.unlink()
            until(lambda: part.state == "ready" and "ready again" in said[-1], said)
            assert asyncio.run(count(server.superuser_url())) >= committed
        finally:
            stop.set()
            watching.join()
            supervisor.end()


async def insert_until_lost(url):
    """Commit rows that do not compress until the server is gone; how many were acknowledged."""
    row = text("INSERT INTO kept SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 5000)")
    committed = 0
    try:
        async with open_engine(url) as engine:
            async with engine.begin() as connection:
                await connection.execute(text("CREATE TABLE kept (padding text)"))
            while committed < 10_000:
                async with engine.begin() as connection:
                    await connection.execute(row)
                committed += 1
    except (ResidencyError, OSError):
        return committed
    raise AssertionError("the disk never filled up")


async def count(url):
    async with open_engine(url) as engine, engine.connect() as connection:
        return await connection.scalar(text("SELECT count(*) FROM kept"))


def until(condition, said):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, said
        time.sleep(0.1)
