"""The benchmark of the analysis still runs, on small schedules, and what it compares is equal."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.contingency")


def test_the_quick_benchmark_compares_and_prints_every_table():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.contingency", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [line for line in done.stdout.splitlines() if line.startswith(("30 people", "45 people"))]
    assert len(rows) == 2 * 2 + 2 * 2
    compared = [row for row in rows if "x " in row]
    assert len(compared) == 4
    assert not any("(0)" in row for row in compared)


def test_a_difference_ends_it(benchmark):
    case = benchmark.QUICK[0]
    assert benchmark._equal(case, "assigned", [0, 2, 1], [0, 2, 1]) == "3 (2)"
    with pytest.raises(SystemExit, match="1 of 3 assigned gaps differ"):
        benchmark._equal(case, "assigned", [0, 2, 1], [0, 2, 2])


def test_the_check_command_is_measured():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.check_command", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    figures = [line for line in done.stdout.splitlines() if "check contingency" in line or "baseline" in line]
    assert len(figures) == 2
    assert all(float(figure) > 0 for line in figures for figure in line.split()[-3:])


def test_costs_survive_the_way_from_a_process_of_their_own(benchmark):
    measuring = importlib.import_module("benchmarks.measuring")
    cost = measuring.measure(lambda: bytearray(50_000_000) and "done")
    assert cost.answer == "done"
    assert cost.memory > 40
    assert measuring.Cost(**json.loads(json.dumps(measuring.asdict(cost)))) == cost
