"""`residency audit verify` as somebody runs it who wants to know whether the log was bent."""

import asyncio
import json
import os
import sys

import pytest
from sqlalchemy import text

from residency.audit.actions import record_action
from residency.store.database import open_engine


@pytest.fixture
def verify(database_url, tmp_path):
    """Runs the command in a folder of its own; gives exit code, output and errors."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RESIDENCY_")} | {
        "RESIDENCY_HOME": str(tmp_path / "home"),
        "RESIDENCY_DATABASE_URL": database_url,
    }

    async def run(*arguments):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from cli.main import run; run()", "audit", "verify", *arguments),
            cwd=tmp_path,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        return process.returncode, output.decode(), errors.decode()

    return run


async def test_a_whole_log_is_said_to_be_whole_and_a_bent_one_where(verify, engine, postgres, database):
    assert (await verify())[:2] == (0, "The audit log is empty.\n")
    async with engine.begin() as connection:
        for number in range(3):
            await record_action(connection, "execute", "test", str(number))
    code, said, _ = await verify()
    assert code == 0
    assert said.startswith("The audit log is whole: 3 entries from ")
    head = said.split("Its head is ")[1].split(";")[0]
    code, said, _ = await verify("--head", head, "--json")
    outcome = json.loads(said)
    assert (code, outcome["whole"], outcome["head"], outcome["faults"]) == (0, True, head, [])
    assert "It contains entry 3 as it was noted." in (await verify("--head", head))[1]

    async with open_engine(postgres.superuser_url(database)) as superuser, superuser.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text("UPDATE audit_log SET reason = 'harmless' WHERE seq = 2"))
    code, said, errors = await verify()
    assert (code, errors) == (1, "")
    assert said == (
        "The audit log is damaged; faults found: 1.\n  entry 2 is not what was written: its hash differs\n"
    )
    code, said, _ = await verify("--json")
    assert (code, json.loads(said)["faults"][0]["kind"]) == (1, "altered")


async def test_what_is_no_head_is_misuse(verify):
    code, said, errors = await verify("--head", "3")
    assert (code, said) == (2, "")
    assert "expected a number, a colon and 64 hexadecimal digits" in errors
