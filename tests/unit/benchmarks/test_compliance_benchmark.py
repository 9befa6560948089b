"""The benchmark of the compliance report still runs, on a small program, and both workbooks hold the same."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_benchmark_measures_every_piece_of_a_small_report():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.compliance_report", "--residents", "12", "--repeats", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("A monthly report on 12 residents")
    for piece in (
        "PDF by typst",
        "workbook by xlsxwriter",
        "the same workbook by openpyxl",
        "JSON",
        "all of it",
    ):
        assert piece in done.stdout
    assert "openpyxl takes" in done.stdout
