"""The options of a database URL mean what PostgreSQL's own programs take them for."""

import pytest
from sqlalchemy import text

from residency.errors import DatabaseNotReadyError, DatabaseUnreachableError
from residency.store.database import open_engine


async def ask(url):
    async with open_engine(url) as engine, engine.connect() as connection:
        return await connection.scalar(text("SHOW application_name"))


async def test_options_of_libpq_are_understood(database_url):
    assert await ask(f"{database_url}?sslmode=disable&application_name=roster") == "roster"


async def test_a_server_without_tls_is_not_spoken_to_in_the_clear_where_tls_is_required(database_url):
    with pytest.raises(DatabaseUnreachableError, match=r"does not answer"):
        await ask(f"{database_url}?sslmode=require")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("sslmode=often", "options of its URL.*sslmode.*must be one of"),
        ("sslmode=verify-full&sslrootcert=/nowhere/root.crt", "options of its URL.*certificate.*not there"),
        ("colour=blue", "refused the connection.*42704"),
    ],
)
async def test_options_that_cannot_be_used_are_named_without_the_password(database_url, options, words):
    with pytest.raises(DatabaseNotReadyError, match=words) as refused:
        await ask(f"{database_url}?{options}")
    password = database_url.split(":")[2].split("@")[0]
    assert password not in str(refused.value)
