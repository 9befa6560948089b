"""The audit log as the tests read it, and a replay of it that must give the tables back."""

import json

import pytest
from sqlalchemy import Text, cast, func, select, text

from residency.audit.verification import check_audit_log
from residency.store.tables import Base
from residency.store.tables.audit import AUDITED


class Log:
    """The audit log of the test's database."""

    def __init__(self, engine):
        self.engine = engine

    async def entries(self, since=0):
        """The entries from after a place on, as rows with parsed JSON."""
        async with self.engine.connect() as connection:
            return (
                await connection.execute(
                    text("SELECT * FROM audit_log WHERE seq > :since ORDER BY seq"), {"since": since}
                )
            ).all()

    async def last(self):
        async with self.engine.connect() as connection:
            return await connection.scalar(text("SELECT seq FROM audit_head"))

    async def require_whole(self):
        """The chain has no fault, no gap, and no entry waits for a commit that has happened."""
        report = await check_audit_log(self.engine)
        assert report.faults == ()
        assert report.entries == report.head.seq == await self.last()
        return report

    async def replayed(self):
        """What the audited tables hold if the log is all there is to go by."""
        tables = {table: {} for table in AUDITED}
        for entry in await self.entries():
            if entry.origin != "trigger":
                continue
            rows = tables[entry.entity_type]
            held = rows.pop(entry.entity_id, None)
            assert comparable(held) == comparable(entry.before), entry.seq
            if entry.after is not None:
                rows[entry.entity_id] = entry.after
        return {table: {key: comparable(row) for key, row in rows.items()} for table, rows in tables.items()}

    async def stored(self):
        """What the audited tables do hold, in the same form."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SET LOCAL timezone = 'UTC'"))
            found = {}
            for table in AUDITED:
                each = Base.metadata.tables[table]
                rows = await connection.execute(
                    select(cast(each.c.id, Text), func.to_jsonb(each.table_valued()))
                )
                found[table] = {key: comparable(row) for key, row in rows}
            return found


def comparable(row):
    """A row without what the log leaves out: empty columns and the secret itself."""
    if row is None:
        return None
    kept = {name: value for name, value in row.items() if value is not None}
    kept.pop("password_hash", None)
    return json.dumps(kept, sort_keys=True)


@pytest.fixture
def log(engine):
    return Log(engine)
