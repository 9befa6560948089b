"""What the audit log costs a writer: assignments with their audit triggers against a twin table without.

Usage: ``python -m benchmarks.audit_cost [--rows N] [--transactions N]``. The twin has the same columns,
indexes, checks and foreign keys. Both are written in turn, on one connection, as the application's role, to a
server that waits for its disk as the real one does. CPU is the database backend's own; wall time has the
client in it.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import psutil

from residency.importing.sample import sample_program
from residency.store.database import open_engine
from residency.store.migrate import migrate
from residency.store.program_writer import import_program
from residency.store.roles import APP
from stack.postgres import EmbeddedPostgres

AUDITED, PLAIN = "assignments", "assignments_without_audit"
WANTED_MS = 1.0
_ROUNDS = 3
_COLUMNS = "block_id, person_id, service_id, role, source, locked, created_by"
_PARENTS = {
    "version_id": "schedule_versions",
    "block_id": "blocks",
    "person_id": "people",
    "service_id": "services",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one piece of work: on the clock, and of the backend's processor."""

    wall: float
    cpu: float


class Writer:
    """The application's connection to a database that holds one imported program."""

    def __init__(self, connection: asyncpg.Connection, backend: psutil.Process) -> None:
        self._connection = connection
        self._backend = backend

    async def cost(self, statement: str, *values: object) -> Cost:
        """The cost of one statement in a transaction of its own."""
        busy, begun = self._busy(), time.perf_counter()
        await self._connection.execute(statement, *values)
        return Cost(time.perf_counter() - begun, self._busy() - busy)

    async def new_version(self, copied: object) -> object:
        """A draft like another version, with no assignments yet."""
        columns = "academic_year, start_date, end_date, algorithm, run_status, input_hash"
        made = f"INSERT INTO schedule_versions ({columns}) SELECT {columns} FROM schedule_versions"  # noqa: S608
        return await self._connection.fetchval(f"{made} WHERE id = $1 RETURNING id", copied)

    async def fetch(self, statement: str, *values: object) -> list[Any]:
        """The rows of a query."""
        return await self._connection.fetch(statement, *values)

    def _busy(self) -> float:
        used = self._backend.cpu_times()
        return used.user + used.system


async def _prepare(server: EmbeddedPostgres, people: int) -> tuple[int, float]:
    """Migrate, make the twin table and import a program; its assignments, and the seconds of the import."""
    async with open_engine(server.owner_url, pool_size=1) as owner:
        await migrate(owner)
        async with owner.begin() as connection:
            await connection.exec_driver_sql(f"CREATE TABLE {PLAIN} (LIKE {AUDITED} INCLUDING ALL)")
            for column, parent in _PARENTS.items():
                key = f"FOREIGN KEY ({column}) REFERENCES {parent} ON DELETE RESTRICT"
                await connection.exec_driver_sql(f"ALTER TABLE {PLAIN} ADD {key}")
            await connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {PLAIN} TO {APP}")
    program = sample_program(people, 365, 1, date(2026, 11, 9), "UTC")
    async with open_engine(server.app_url, pool_size=1) as engine:
        begun = time.perf_counter()
        await import_program(engine, program, publish=True)
        return len(program.assignments), time.perf_counter() - begun


async def single_rows(writer: Writer, transactions: int) -> dict[tuple[str, str], list[Cost]]:
    """Single-row INSERT, UPDATE and DELETE, each a transaction, the two tables in turn."""
    (first,) = await writer.fetch("SELECT id FROM schedule_versions LIMIT 1")
    version = await writer.new_version(first["id"])
    wanted = "SELECT block_id, person_id, service_id FROM assignments WHERE version_id = $1 LIMIT $2"
    rows = await writer.fetch(wanted, first["id"], transactions)
    costs: dict[tuple[str, str], list[Cost]] = {}
    statements = {
        "INSERT": "INSERT INTO {} (id, version_id, block_id, person_id, service_id, source, created_by) "
        "VALUES ($1, $2, $3, $4, $5, 'manual', 'benchmark')",
        "UPDATE": "UPDATE {} SET locked = true, updated_at = now() WHERE id = $1",
        "DELETE": "DELETE FROM {} WHERE id = $1",
    }
    ids = [uuid4() for _ in rows]
    for kind, statement in statements.items():
        for number, (made, row) in enumerate(zip(ids, rows, strict=True)):
            values = (made, version, *row) if kind == "INSERT" else (made,)
            for table in (AUDITED, PLAIN) if number % 2 else (PLAIN, AUDITED):
                costs.setdefault((kind, table), []).append(
                    await writer.cost(statement.format(table), *values)
                )
    return costs


async def bulk(writer: Writer, rows: int) -> dict[tuple[str, str], list[Cost]]:
    """Rows copied into a new version by one statement and deleted by another, the two tables in turn."""
    (first,) = await writer.fetch("SELECT version_id AS id FROM assignments LIMIT 1")
    costs: dict[tuple[str, str], list[Cost]] = {}
    for number in range(_ROUNDS):
        for table in (AUDITED, PLAIN) if number % 2 else (PLAIN, AUDITED):
            version = await writer.new_version(first["id"])
            source = f"SELECT $1, {_COLUMNS} FROM {AUDITED} WHERE version_id = $2 LIMIT {rows}"  # noqa: S608
            inserted = f"INSERT INTO {table} (version_id, {_COLUMNS}) {source}"
            cost = await writer.cost(inserted, version, first["id"])
            costs.setdefault(("INSERT", table), []).append(cost)
            deleted = f"DELETE FROM {table} WHERE version_id = $1"  # noqa: S608
            costs.setdefault(("DELETE", table), []).append(await writer.cost(deleted, version))
    return costs


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _print_single(costs: dict[tuple[str, str], list[Cost]]) -> float:
    """Print the single-row table; the largest p50 that the audit adds, in ms."""
    added: list[float] = []
    print(f"{'one row, own transaction':26}{'without':>18}{'audited':>18}{'added':>18}{'CPU added':>12}")
    print(f"{'':26}" + f"{'p50    p95 ms':>18}" * 3 + f"{'mean ms':>12}")
    for kind in ("INSERT", "UPDATE", "DELETE"):
        plain, audited = costs[kind, PLAIN], costs[kind, AUDITED]
        shown: list[float] = []
        for share in (0.5, 0.95):
            walls = [1000 * _percentile([cost.wall for cost in each], share) for each in (plain, audited)]
            shown += [*walls, walls[1] - walls[0]]
        added.append(shown[2])
        cells = "".join(f"{f'{shown[i]:.2f}   {shown[i + 3]:.2f}':>18}" for i in range(3))
        cpu = [1000 * statistics.fmean(cost.cpu for cost in each) for each in (plain, audited)]
        print(f"{kind:26}{cells}{cpu[1] - cpu[0]:>12.2f}")
    return max(added)


def _print_bulk(costs: dict[tuple[str, str], list[Cost]], rows: int) -> None:
    print(
        f"\n{f'{rows:,} rows, one statement':26}{'without':>18}{'audited':>18}{'added':>18}{'CPU added':>12}"
    )
    print(f"{'':26}" + f"{'us per row':>18}" * 3 + f"{'us per row':>12}")
    for kind in ("INSERT", "DELETE"):
        each = [costs[kind, table] for table in (PLAIN, AUDITED)]
        wall = [1e6 * statistics.median(cost.wall for cost in some) / rows for some in each]
        cpu = [1e6 * statistics.median(cost.cpu for cost in some) / rows for some in each]
        cells = "".join(f"{value:>18.1f}" for value in (*wall, wall[1] - wall[0]))
        print(f"{kind:26}{cells}{cpu[1] - cpu[0]:>12.1f}")


async def _measured(
    server: EmbeddedPostgres, work: Callable[[Writer], Awaitable[dict[tuple[str, str], list[Cost]]]]
) -> dict[tuple[str, str], list[Cost]]:
    connection = await asyncpg.connect(server.app_url, server_settings={"residency.actor": "benchmark"})
    try:
        backend = psutil.Process(await connection.fetchval("SELECT pg_backend_pid()"))
        return await work(Writer(connection, backend))
    finally:
        await connection.close()


def _verdict(holds: bool) -> str:
    return "holds" if holds else "DOES NOT HOLD"


async def main(rows: int, transactions: int) -> int:
    """Measure, print, and give the exit code: 0 when the claim holds."""
    with EmbeddedPostgres.temporary(durable=True) as server:
        count, seconds = await _prepare(server, people=max(20, rows // 500))
        rows = min(rows, count)
        print(
            f"PostgreSQL {server.version}; a program of {count:,} assignments imported in {seconds:.1f} s\n"
        )
        added = _print_single(await _measured(server, lambda writer: single_rows(writer, transactions)))
        _print_bulk(await _measured(server, lambda writer: bulk(writer, rows)), rows)
    holds = added < WANTED_MS
    print(f"\nThe audit adds at most {added:.2f} ms at p50, wanted are under {WANTED_MS}: {_verdict(holds)}")
    return 0 if holds else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of one bulk statement")
    parser.add_argument("--transactions", type=int, default=2_000, help="single-row transactions of a kind")
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.rows, given.transactions)))
