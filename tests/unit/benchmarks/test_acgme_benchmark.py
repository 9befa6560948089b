"""The benchmark of the duty-hours engine still runs, on small plans, and what it compares is equal."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.acgme")


def test_the_quick_benchmark_compares_three_programs():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.acgme", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [line.split() for line in done.stdout.splitlines()]
    programs = [word for row in rows for word in row if word in {"ours", "pandas", "plain"}]
    assert [each for each in programs if each != "ours"] == ["pandas", "plain"] * 2
    equal = [row for row in rows if row[-1:] == ["equal"]]
    assert len(equal) == 4
    assert all(int(row[-3]) > 3 for row in equal)


def test_a_difference_ends_it(benchmark):
    case = benchmark.QUICK[0]
    same = [["REST_8", "R1", "2026-03-02"]]
    assert benchmark._equal(case, "plain", same, same) == "1 findings, equal"
    with pytest.raises(SystemExit, match="1 findings of plain and ours differ"):
        benchmark._equal(case, "plain", same, [])


def test_every_rule_that_is_compared_is_broken_in_the_plan(benchmark):
    found = {rule for rule, *_ in benchmark.broken(benchmark.planned_duty(300, 365))}
    assert found == {"early warning", *benchmark._COMPARED}
