"""Importing a program's assignments against INSERT row by row, and the whole command from CSV files.

Usage: ``python -m benchmarks.import_bundle [--quick]``. The servers are throw-away ones of its own that wait
for their disk as a real one does, and every write is audited. Ours copies into a staging table and checks
sets; the baseline is SQLAlchemy's ``executemany``, given the same assignments for a version of its own, with
people and services already there. CPU is the process's own, without the server's.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from sqlalchemy import text

from benchmarks.database_baselines import insert_by_rows
from benchmarks.measuring import Cost, in_own_process, measure, print_cost, run_measured, table
from benchmarks.synthetic import synthetic_program
from residency.importing.writing import write_bundle
from residency.program.records import Program
from residency.store.database import open_engine
from residency.store.migrate import migrate
from residency.store.program_writer import import_program
from stack.postgres import EmbeddedPostgres

_MODULE = "benchmarks.import_bundle"
SECONDS_WANTED = 20.0
ASSIGNMENTS_WANTED = 100_000
WAYS = {
    "copied": "ours: everything, from memory",
    "inserted": "baseline: assignments by executemany",
    "command": "residency import, from CSV files",
}
_CONTENT = text(
    "SELECT count(*), md5(string_agg(CAST((block_id, person_id, service_id, role, source, locked) AS text), "
    "'' ORDER BY block_id, person_id)) FROM assignments WHERE version_id = :version"
)


async def _copied(url: str, program: Program) -> str:
    async with open_engine(url, pool_size=1) as engine:
        return str((await import_program(engine, program, publish=True)).version_id)


async def _inserted(url: str, program: Program) -> str:
    async with open_engine(url, pool_size=1) as engine:
        return str(await insert_by_rows(engine, program))


def write(way: str, people: int, days: int, url: str) -> Cost:
    """Write the program in this process and give the version it became."""
    program = synthetic_program(people, days)
    writer = {"copied": _copied, "inserted": _inserted}[way]
    return measure(lambda: asyncio.run(writer(url, program)))


async def _migrated(server: EmbeddedPostgres) -> None:
    async with open_engine(server.owner_url, pool_size=1) as owner:
        await migrate(owner)


async def _content(server: EmbeddedPostgres, version: str) -> tuple[int, str]:
    """How many assignments a version has, and a checksum over them."""
    async with open_engine(server.app_url, pool_size=1) as engine, engine.connect() as connection:
        count, checksum = (await connection.execute(_CONTENT, {"version": version})).one()
        return count, checksum


def _from_memory(people: int, days: int) -> tuple[dict[str, Cost], int]:
    """The costs of both ways into one database, whose two versions must hold the same."""
    with EmbeddedPostgres.temporary(durable=True) as server:
        asyncio.run(_migrated(server))
        costs = {
            way: in_own_process(_MODULE, "--write", way, people, days, secret=server.app_url)
            for way in ("copied", "inserted")
        }
        contents = {asyncio.run(_content(server, cost.answer)) for cost in costs.values()}
    if len(contents) > 1:
        raise SystemExit(f"the two versions differ: {contents}")
    return costs, contents.pop()[0]


def _by_command(people: int, days: int) -> Cost:
    """The cost of the whole command, from starting it to its end."""
    with (
        tempfile.TemporaryDirectory(prefix="import-benchmark-") as folder,
        EmbeddedPostgres.temporary(durable=True) as server,
    ):
        asyncio.run(_migrated(server))
        bundle = Path(folder) / "bundle"
        write_bundle(synthetic_program(people, days), bundle)
        ours = {name: value for name, value in os.environ.items() if not name.startswith("RESIDENCY_")}
        given = {
            "RESIDENCY_HOME": folder,
            "RESIDENCY_DATABASE_URL": server.app_url,
            "RESIDENCY_TIMEZONE": "UTC",
            "RESIDENCY_HOLIDAYS": "",
        }
        arguments = ["import", str(bundle), "--publish"]
        return run_measured("from cli.main import run; run()", arguments, {**ours, **given})


def main(people: int, days: int) -> int:
    """Measure and print; the exit code is 0 when ours is as fast as wanted."""
    costs, assignments = _from_memory(people, days)
    costs["command"] = _by_command(people, days)
    print(f"{people:,} people x {days} days, {assignments:,} assignments, audited\n")
    rows = [
        [WAYS[way], f"{cost.wall:.2f}", f"{cost.cpu:.2f}", f"{cost.peak:.0f}"] for way, cost in costs.items()
    ]
    print(table(["", "wall, s", "CPU, s", "MiB at the peak"], rows))
    ours, theirs = costs["copied"], costs["inserted"]
    print(f"\nsame assignments, {theirs.wall / ours.wall:.1f}x faster, {theirs.cpu / ours.cpu:.1f}x less CPU")
    print(f"wanted: {ASSIGNMENTS_WANTED:,} assignments in under {SECONDS_WANTED:.0f} s")
    return 0 if costs["command"].wall < SECONDS_WANTED else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Importing a program against inserting its rows.")
    parser.add_argument("--people", type=int, default=1010)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--quick", action="store_true", help="30 people and 14 days")
    parser.add_argument("--write", nargs=3, metavar=("WAY", "PEOPLE", "DAYS"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        way, people, days = given.write
        print_cost(write(way, int(people), int(days), sys.stdin.read()))
        sys.exit(0)
    sys.exit(main(30, 14) if given.quick else main(given.people, given.days))
