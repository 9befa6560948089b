"""Loading a snapshot from PostgreSQL against loading the same rows through the ORM.

Usage: ``python -m benchmarks.snapshot_load [--quick]``. The server is a throw-away one of its own. Each way
is measured in a process of its own, from an open connection to the finished snapshot; both snapshots must
have the same hash. The baseline is not charged for people, services and demand. CPU is the process's own,
without the server's.
"""

import argparse
import asyncio
import sys
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.database_baselines import load_by_rows
from benchmarks.measuring import Cost, in_own_process, measure, print_cost, table
from benchmarks.synthetic import START, synthetic_program
from residency.program.calendar import Period
from residency.program.records import Assignments, Program
from residency.program.snapshot import Snapshot
from residency.store.database import open_engine
from residency.store.migrate import migrate
from residency.store.program_loader import load_program
from residency.store.program_writer import import_program
from residency.store.snapshots import load_snapshot
from stack.postgres import EmbeddedPostgres

_MODULE = "benchmarks.snapshot_load"
SECONDS_WANTED = 3.0
WAYS = {"columns": "ours (binary COPY)", "rows": "baseline (ORM)"}


async def _by_columns(engine: AsyncEngine, period: Period) -> str:
    return (await load_snapshot(engine, period, "UTC")).snapshot.input_hash


async def _by_rows(engine: AsyncEngine, period: Period, frame: Program) -> str:
    return Snapshot.of(replace(frame, assignments=await load_by_rows(engine, frame)), period).input_hash


async def _frame(engine: AsyncEngine, period: Period) -> Program:
    """Everything but the assignments, which the baseline gets for nothing."""
    async with engine.connect() as connection:
        program = (await load_program(connection, "UTC", period)).program
    return replace(program, assignments=Assignments.empty())


def load(way: str, days: int, url: str) -> Cost:
    """Load the snapshot in this process and give its hash."""
    period = Period.horizon(START, days)
    with asyncio.Runner() as runner:
        opened = open_engine(url, pool_size=1)
        engine = runner.run(opened.__aenter__())
        try:
            if way == "columns":
                return measure(lambda: runner.run(_by_columns(engine, period)))
            frame = runner.run(_frame(engine, period))
            return measure(lambda: runner.run(_by_rows(engine, period, frame)))
        finally:
            runner.run(opened.__aexit__(None, None, None))


async def fill(server: EmbeddedPostgres, people: int, days: int) -> int:
    """A migrated database with a published program; how many assignments it has."""
    async with open_engine(server.owner_url, pool_size=1) as owner:
        await migrate(owner)
    program = synthetic_program(people, days)
    async with open_engine(server.app_url, pool_size=1) as engine:
        await import_program(engine, program, publish=True)
    return len(program.assignments)


def main(people: int, days: int, runs: int) -> int:
    """Measure and print; the exit code is 0 when ours is as fast as wanted."""
    with EmbeddedPostgres.temporary(durable=True) as server:
        assignments = asyncio.run(fill(server, people, days))
        costs = {
            way: [in_own_process(_MODULE, "--load", way, days, secret=server.app_url) for _ in range(runs)]
            for way in WAYS
        }
    print(f"{people:,} people x {days} days, {assignments:,} assignments; the median of {runs} processes\n")
    median = {way: sorted(each, key=lambda cost: cost.wall)[runs // 2] for way, each in costs.items()}
    rows = [
        [WAYS[way], f"{cost.wall:.2f}", f"{cost.cpu:.2f}", f"{cost.before:.0f}", f"{cost.peak:.0f}"]
        for way, cost in median.items()
    ]
    print(table(["", "wall, s", "CPU, s", "MiB before", "MiB at the peak"], rows))
    if len({cost.answer for each in costs.values() for cost in each}) != 1:
        print("the snapshots differ")
        return 1
    ours, theirs = median["columns"], median["rows"]
    print(f"\nsame snapshot, {theirs.wall / ours.wall:.1f}x faster, {theirs.cpu / ours.cpu:.1f}x less CPU")
    print(f"wanted: under {SECONDS_WANTED:.0f} s")
    return 0 if ours.wall < SECONDS_WANTED else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Loading a snapshot against loading rows.")
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--quick", action="store_true", help="30 people and 14 days")
    parser.add_argument("--load", nargs=2, metavar=("WAY", "DAYS"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.load:
        print_cost(load(given.load[0], int(given.load[1]), sys.stdin.read()))
        sys.exit(0)
    sys.exit(main(30, 14, 1) if given.quick else main(given.people, given.days, 3))
