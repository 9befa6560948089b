"""Chosen examples reach every branch of the rooms that only calculate."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["coverage"]["run"]["source"]


@pytest.fixture
def measure(tmp_path):
    """Runs tests under coverage, which must pass, and gives coverage's report and exit code."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["COVERAGE_FILE"] = str(tmp_path / "coverage")

    def run(*tests):
        def python(*words):
            return subprocess.run(
                [sys.executable, "-m", *words], cwd=ROOT, env=environment, capture_output=True, text=True
            )

        tested = python("coverage", "run", "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
        assert tested.returncode == 0, tested.stdout[-4000:] + tested.stderr[-1000:]
        report = python("coverage", "report")
        return report.returncode, report.stdout + report.stderr

    return run


@pytest.mark.timeout(900)
def test_every_branch_of_the_pure_rooms_is_reached(measure):
    """Random programs and brute force are left out, so that no branch is reached by luck."""
    tests = [f"tests/unit/{Path(room).name}" for room in ROOMS]
    chosen = ["-m", "not hypothesis", "--ignore-glob=*_oracle.py", "--ignore-glob=*_exhaustive.py"]
    code, report = measure(*chosen, *tests)
    assert code == 0, report


def test_a_branch_that_no_test_takes_is_found(measure):
    code, report = measure("tests/unit/program/test_records.py")
    assert code == 2
    assert "residency/resilience/health.py" in report
    assert "Coverage failure: total of" in report
