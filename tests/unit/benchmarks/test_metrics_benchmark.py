"""The benchmark of the measures still runs, on small schedules, and what it compares is equal."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.metrics")


def test_the_quick_benchmark_finds_equal_figures():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.metrics", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [line.split() for line in done.stdout.splitlines() if "people," in line]
    assert [row[0] for row in rows] == ["30"]
    assert all(int(row[-2]) > 70 for row in rows)


def test_a_difference_ends_it(benchmark):
    assert benchmark.equal_figures({"churn": 0.5}, {"churn": 0.5 + 1e-12}) == 1
    with pytest.raises(SystemExit, match=r"1 of 1 figures differ: churn: 0\.5 and 0\.6"):
        benchmark.equal_figures({"churn": 0.5}, {"churn": 0.6})
    with pytest.raises(SystemExit, match=r"ripple: None and 1\.0"):
        benchmark.equal_figures({}, {"ripple": 1.0})


def test_the_schedule_that_is_measured_has_causes_changes_and_nights(benchmark):
    told = benchmark.figures(benchmark.measured(benchmark.load(45, 28)))
    assert 0.05 < told["churn"] < 0.15
    assert told["ripple"] > 0
    assert 0 < told["fairness night"] < 1
