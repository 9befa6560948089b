"""The benchmark of rosters still runs, and what it compares with is the best there is."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.rostering")


def run(*words):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.rostering", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_quick_benchmark_finds_what_trying_all_finds():
    done = run("--quick")
    assert done.returncode == 0, done.stderr[-2000:]
    found = done.stdout.splitlines()[-1].split()
    assert found[:2] == ["made", "up"]
    assert found[2] == found[3] == found[4]
    assert "optimal" in found


def test_a_worse_roster_is_told_by_how_much(benchmark):
    body = {"objective": 660, "bound": 600, "status": "feasible"}
    assert benchmark.row_of("one", 600, body, 1.25)[:6] == ("one", "660", "600", "600", "10.0 %", "feasible")
    body = {"objective": None, "bound": None, "status": "infeasible"}
    assert benchmark.row_of("one", 600, body, 1.25)[:6] == ("one", "-", "-", "600", "-", "infeasible")


def test_a_folder_without_the_instances_is_misuse(tmp_path):
    assert run().returncode == 2
    done = run(str(tmp_path), "--only", "3")
    assert done.returncode == 2
    assert "Instance3.txt does not exist" in done.stderr
