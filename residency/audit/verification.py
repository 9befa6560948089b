"""Checking the audit log in the database against its own chain and against a head noted earlier."""

from sqlalchemy.ext.asyncio import AsyncEngine

from residency.audit.chain import AuditEntry, ChainCheck, ChainHead, ChainReport
from residency.store.statements import statement

_BATCH = 5_000


async def check_audit_log(engine: AsyncEngine, witness: ChainHead | None = None) -> ChainReport:
    """Compute every hash of the live audit log anew, in one consistent picture of the database.

    Args:
        engine: the program's database, as any role that may read the log.
        witness: a head that somebody noted earlier: the log must still contain it.
    """
    check = ChainCheck()
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        stored = (await connection.exec_driver_sql(statement("audit_head"))).one()
        after = 0
        while True:
            rows = (await connection.exec_driver_sql(statement("audit_entries"), (after, _BATCH))).all()
            for row in rows:
                check.take(AuditEntry(*row), witness)
            if len(rows) < _BATCH:
                return check.finish(ChainHead(*stored), witness)
            after = rows[-1].seq
