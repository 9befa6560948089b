"""Many writers at once: the chain has neither gap nor fault, and nobody waits for anybody for ever."""

import asyncio
import random
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from residency.store.database import open_engine

WRITERS = 12
TRANSACTIONS = 25

INSERTED = text("INSERT INTO users (id, username, email, role) VALUES (:id, :name, :name, 'admin')")
HIRED = text("INSERT INTO people (external_id, name, type, pseudonym) VALUES (:id, :id, 'faculty', :id)")
UPDATED = text("UPDATE users SET email = :name WHERE id = :id")
DELETED = text("DELETE FROM users WHERE id = :id")
SHARED = text("UPDATE people SET active_to = :day, updated_at = now() WHERE external_id = :id")
TOLD = text("SELECT audit_record('execute', 'test', :name)")
SEALED_EARLY = text("SET CONSTRAINTS ALL IMMEDIATE")


async def write(engine, seed, kept):
    """Transactions of random statements on own and shared rows, some rolled back in part or whole."""
    rng, own = random.Random(seed), set()  # noqa: S311 -- a repeatable choice of statements
    for _ in range(TRANSACTIONS):
        before, early = set(own), rng.random() < 0.1
        async with engine.connect() as connection:
            await connection.execute(SEALED_EARLY if early else TOLD, {} if early else {"name": "begin"})
            for _ in range(rng.randint(1, 5)):
                savepoint = await connection.begin_nested() if rng.random() < 0.2 else None
                within = set(own)
                await step(connection, rng, own)
                if savepoint is not None and rng.random() < 0.5:
                    await savepoint.rollback()
                    own = within
            if not early and rng.random() < 0.3:
                # In one order, and never with the head in hand, as whoever seals early has it.
                for person in ("1", "2"):
                    await connection.execute(SHARED, {"id": person, "day": None})
            if rng.random() < 0.3:
                await connection.rollback()
                own = before
            else:
                await connection.commit()
    kept |= own


async def step(connection, rng, own):
    kind = rng.choice(["insert", "insert", "update", "delete", "tell"])
    some = rng.choice(sorted(own)) if own else None
    name = {"name": uuid4().hex}
    if kind == "insert" or (some is None and kind in {"update", "delete"}):
        made = str(uuid4())
        await connection.execute(INSERTED, {"id": made, **name})
        own.add(made)
    elif kind == "update":
        await connection.execute(UPDATED, {"id": some, **name})
    elif kind == "delete":
        await connection.execute(DELETED, {"id": some})
        own.remove(some)
    else:
        await connection.execute(TOLD, name)


async def test_the_chain_holds_under_many_writers_and_random_ends(database_url, log):
    kept = set()
    async with open_engine(database_url, pool_size=WRITERS) as engine:
        async with engine.begin() as connection:
            for person in ("1", "2"):
                await connection.execute(HIRED, {"id": person})
        await asyncio.gather(*(write(engine, seed, kept) for seed in range(WRITERS)))
    report = await log.require_whole()
    assert report.entries > WRITERS * TRANSACTIONS / 2
    stored = await log.stored()
    assert set(stored["users"]) == kept
    assert await log.replayed() == stored
    async with log.engine.connect() as connection:
        # Readers at any moment would have seen instants that only grow with the places.
        backwards = text(
            "SELECT count(*) FROM audit_log AS a JOIN audit_log AS b ON b.seq = a.seq + 1 AND b.at < a.at"
        )
        assert await connection.scalar(backwards) == 0
        assert await connection.scalar(text("SELECT count(DISTINCT at) FROM audit_log")) > WRITERS


async def test_whoever_seals_early_may_meet_another_head_on_and_one_of_them_is_told(database_url, log):
    """Only with the head in hand can a writer wait for a row whose holder waits for the head."""
    async with open_engine(database_url, pool_size=2) as engine:
        async with engine.begin() as connection:
            await connection.execute(HIRED, {"id": "1"})
        async with engine.connect() as early, engine.connect() as usual:
            await early.execute(SEALED_EARLY)
            await early.execute(INSERTED, {"id": uuid4(), "name": "early"})
            await usual.execute(SHARED, {"id": "1", "day": date(2026, 1, 1)})
            commit = asyncio.create_task(usual.commit())
            ends = await asyncio.gather(
                early.execute(SHARED, {"id": "1", "day": None}), commit, return_exceptions=True
            )
            (refused,) = [end for end in ends if isinstance(end, DBAPIError)]
            assert refused.orig.sqlstate == "40P01"
    await log.require_whole()


async def test_an_open_transaction_of_one_writer_keeps_no_other_waiting(database_url, log):
    """The head of the chain is taken by the commit, so work in between waits for nobody."""
    async with open_engine(database_url, pool_size=2) as engine, engine.connect() as slow:
        await slow.execute(INSERTED, {"id": uuid4(), "name": "slow"})
        async with engine.begin() as quick:
            await quick.execute(text("SET LOCAL lock_timeout = '1s'"))
            await quick.execute(INSERTED, {"id": uuid4(), "name": "quick"})
        assert [entry.after["username"] for entry in await log.entries()] == ["quick"]
        await slow.commit()
    assert [entry.after["username"] for entry in await log.entries()] == ["quick", "slow"]
    await log.require_whole()


async def test_at_repeatable_read_the_later_commit_is_told_to_try_again(database_url, log):
    async with open_engine(database_url, pool_size=2) as engine, engine.connect() as first:
        await first.execution_options(isolation_level="REPEATABLE READ")
        await first.execute(INSERTED, {"id": uuid4(), "name": "first"})
        async with engine.begin() as other:
            await other.execute(INSERTED, {"id": uuid4(), "name": "other"})
        with pytest.raises(DBAPIError) as refused:
            await first.commit()
        assert refused.value.orig.sqlstate == "40001"
    assert [entry.after["username"] for entry in await log.entries()] == ["other"]
    await log.require_whole()


async def test_a_server_killed_between_commits_loses_no_entry_and_makes_no_gap(database_url, log, postgres):
    """What waited unsealed was of transactions that never committed."""
    async with open_engine(database_url) as engine:
        async with engine.begin() as connection:
            await connection.execute(INSERTED, {"id": uuid4(), "name": "kept"})
        async with engine.connect() as doomed:
            await doomed.execute(INSERTED, {"id": uuid4(), "name": "lost"})
            async with engine.begin() as killer:
                await killer.execute(
                    text(
                        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                        "WHERE state = 'idle in transaction' AND datname = current_database()"
                    )
                )
            with pytest.raises(DBAPIError):
                await doomed.execute(text("SELECT 1"))
            await doomed.invalidate()
        async with engine.begin() as connection:
            await connection.execute(INSERTED, {"id": uuid4(), "name": "later"})
    assert [entry.after["username"] for entry in await log.entries()] == ["kept", "later"]
    await log.require_whole()
