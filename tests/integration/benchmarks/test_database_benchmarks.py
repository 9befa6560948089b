"""The benchmarks of loading and importing still run, on a small program, and both ways end in the same."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("name", "says"),
    [("snapshot_load", "same snapshot"), ("import_bundle", "same assignments")],
)
def test_the_quick_benchmark_compares_two_ways(name, says):
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-2000:]
    assert says in done.stdout
    figures = [line for line in done.stdout.splitlines() if line.startswith(("ours", "baseline"))]
    assert len(figures) == 2
    assert all(float(figure) > 0 for line in figures for figure in line.split()[-3:])
