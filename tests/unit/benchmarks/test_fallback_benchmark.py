"""The benchmark of the repairs still runs, on a small program, and says what it promises to say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_quick_benchmark_sets_three_ways_side_by_side():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.fallback", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [line.split() for line in done.stdout.splitlines()]
    of_way = {way: [row for row in rows if row[1:2] == [way]] for way in ("greedy", "matching", "exact")}
    assert [len(found) for found in of_way.values()] == [7, 7, 7]
    empty = {way: [int(row[2].replace(",", "")) for row in found] for way, found in of_way.items()}
    assert sum(empty["greedy"]) > sum(empty["matching"]) >= sum(empty["exact"])
    assert all(few <= many for few, many in zip(empty["exact"], empty["matching"], strict=True))
    assert all(row[-1] == "%" for row in of_way["exact"])
    assert all(row[5] == "0" for row in of_way["matching"] + of_way["exact"])
    assert len([row for row in rows if row[1:2] == ["people,"]]) >= 2
