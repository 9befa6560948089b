"""The benchmark of the forecast still runs, lets nothing later through, and what it compares is equal."""

import importlib
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def case(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.forecast_case")


def test_the_quick_benchmark_errs_less_than_seasonal_naive_and_finds_equal_figures():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.forecast", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(re.search(r"error ratio ([0-9.]+)", done.stdout)[1]) < 1
    speed, equal = re.search(r"speed ratio (\d+), (\d+) figures equal", done.stdout).groups()
    assert int(speed) > 1
    assert int(equal) == 4 * 180


def test_what_happens_after_the_origin_changes_no_forecast(case):
    from residency.resilience.forecast import forecast

    whole = case.program(7)
    origin = case.origins(6)[1]
    known = case.as_known(whole, origin)
    assert len(known.assignments) < len(whole.assignments)
    assert len(known.absences) < len(whole.absences)
    assert len(known.call_shifts) < len(whole.call_shifts)
    assert forecast(case.inputs_at(known, origin)) == forecast(case.inputs_at(whole, origin))
    # The rule is not empty: with all that came later, the same day's forecast is another one.
    later = case.inputs_at(whole, origin + timedelta(days=1))
    assert forecast(later).days[0].am != forecast(case.inputs_at(whole, origin)).days[1].am


def test_the_naive_forecast_repeats_the_mean_week(case):
    actual = np.arange(56.0)
    assert case.naive(actual, 28, 1, 20).tolist() == [*range(14, 28), *range(14, 20)]
    assert case.naive(actual, 56, 2, 3).tolist() == [35.0, 36.0, 37.0]


def test_a_difference_ends_it(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    benchmark = importlib.import_module("benchmarks.forecast")
    assert benchmark.require_equal([[1.0, 2.0]], [[1.0, 2.0]]) == 2
    with pytest.raises(SystemExit, match="other figures"):
        benchmark.require_equal([[1.0, 2.0]], [[1.0, 3.0]])
