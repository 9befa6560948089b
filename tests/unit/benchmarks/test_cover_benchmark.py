"""The benchmark of covers still runs, and judging together finds what judging one by one does."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_quick_benchmark_finds_the_same_both_ways_within_a_second():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.cover", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (row,) = [line.split("  ") for line in done.stdout.splitlines() if line.startswith("20 people")]
    _, slots, _, worst, simulated, ratio = [cell.strip() for cell in row if cell.strip()]
    assert int(slots) > 0
    assert float(worst.removesuffix(" s")) < 1
    assert float(simulated.removesuffix(" s")) < 1
    assert float(ratio) > 1
