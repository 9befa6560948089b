"""The roles and databases of compose.yaml, made on a real PostgreSQL by the psql that comes with it."""

import os
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from residency.store.database import open_engine
from residency.store.migrate import migrate
from stack.postgres import EmbeddedPostgres
from stack.postgres_programs import find_programs

SCRIPT = Path(__file__).parents[2] / "containers" / "database.sql"
PASSWORDS = {
    "residency_owner": "OWNER_PASSWORD",
    "residency_app": "APP_PASSWORD",
    "residency_readonly": "READONLY_PASSWORD",
    "prefect": "SERVER_DATABASE_PASSWORD",
}
ROWS_OF_PEOPLE = "SELECT count(*) FROM people"


class Server:
    """A PostgreSQL that knows nothing of ours yet, as a fresh container does."""

    def __init__(self, server):
        self.server = server

    def prepare(self, changed=(), code=0):
        """Run the script as the service ``roles`` does, with passwords named after their roles."""
        given = {variable: f"{role}'s $word" for role, variable in PASSWORDS.items()}
        given |= dict(changed)
        superuser = self.server.credentials.postgres_password.get_secret_value()
        place = {"PGHOST": self.server.host, "PGPORT": str(self.server.port), "PGUSER": "postgres"}
        command = [
            find_programs(None, self.server.user).folder / "psql",
            "--no-psqlrc",
            "--quiet",
            "--file",
            SCRIPT,
        ]
        ran = subprocess.run(
            command,
            env={
                "PATH": os.environ["PATH"],
                **place,
                "PGPASSWORD": superuser,
                **{k: v for k, v in given.items() if v},
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == code, ran.stderr
        return ran

    @asynccontextmanager
    async def connected(self, role, password=None, database="residency"):
        connection = await asyncpg.connect(
            host=self.server.host,
            port=self.server.port,
            user=role,
            password=password or f"{role}'s $word",
            database=database,
        )
        try:
            yield connection
        finally:
            await connection.close()


@pytest.fixture(scope="module")
async def server():
    with EmbeddedPostgres.temporary() as embedded:
        connection = await asyncpg.connect(embedded.superuser_url())
        for database in ("residency", "prefect"):
            await connection.execute(f"DROP DATABASE {database}")
        for role in PASSWORDS:
            await connection.execute(f"DROP ROLE {role}")
        await connection.close()
        yield Server(embedded)


async def test_a_missing_password_stops_it_before_anything_is_opened(server):
    ended = server.prepare({"APP_PASSWORD": ""}, code=3)
    assert "app_password" in ended.stderr
    with pytest.raises(asyncpg.PostgresError):
        async with server.connected("residency_app"):
            raise AssertionError("the application got in without a password")


async def test_owner_application_and_readers_each_get_what_is_theirs(server):
    server.prepare()
    async with server.connected("residency_owner") as owner:
        assert await owner.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        url = f"postgresql://residency_owner:residency_owner%27s%20%24word@{server.server.host}:{server.server.port}"
        async with open_engine(f"{url}/residency") as engine:
            await migrate(engine)
        assert await owner.fetchval(ROWS_OF_PEOPLE) == 0
    async with server.connected("residency_app") as application:
        assert await application.fetchval(ROWS_OF_PEOPLE) == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await application.execute("CREATE TABLE mine ()")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await application.execute("DELETE FROM audit_log")
    async with server.connected("residency_readonly") as reader:
        assert await reader.fetchval("SHOW default_transaction_read_only") == "on"
        read = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = to_regclass('people')"
        assert await reader.fetchval(read) == "readonly"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await reader.fetch("SELECT name FROM public.people")


async def test_prefect_has_a_database_of_its_own_and_sees_no_other(server):
    server.prepare()
    async with server.connected("prefect", database="prefect") as prefect:
        assert await prefect.fetchval("SELECT similarity('residency', 'residence')") > 0.5
        await prefect.execute("CREATE TABLE block_document ()")
    for role, database in (("prefect", "residency"), ("residency_app", "prefect")):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with server.connected(role, database=database):
                raise AssertionError(f"{role} got into {database}")


async def test_running_it_again_changes_only_a_password_that_was_changed(server):
    server.prepare()
    server.prepare({"APP_PASSWORD": "another"})
    async with server.connected("residency_app", "another"), server.connected("residency_owner"):
        pass
    with pytest.raises(asyncpg.InvalidPasswordError):
        async with server.connected("residency_app"):
            raise AssertionError("the old password still opens")


async def test_no_password_reaches_the_server_s_log(server):
    superuser = await asyncpg.connect(server.server.superuser_url())
    await superuser.execute("ALTER SYSTEM SET log_statement = 'all'")
    await superuser.execute("SELECT pg_reload_conf()")
    await superuser.close()
    server.prepare({"APP_PASSWORD": "not-for-the-log"})
    log = server.server.log.read_text()
    assert "CREATE EXTENSION IF NOT EXISTS pg_trgm" in log
    assert "not-for-the-log" not in log
