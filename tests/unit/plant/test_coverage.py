"""Chosen examples reach every branch of the rooms that only calculate."""

import atexit
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["coverage"]["run"]["source"]


FOLDER = Path(tempfile.mkdtemp(prefix="coverage-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def measured(name, *tests):
    """The words that run tests and write what they reach into a file."""
    quiet = ("-q", "-p", "no:cacheprovider")
    return ("-m", "coverage", "run", f"--data-file={FOLDER / name}", "-m", "pytest", *quiet, *tests)


CHOSEN = ("-m", "not hypothesis", "--ignore-glob=*_oracle.py", "--ignore-glob=*_exhaustive.py")
ALL = measured("all", *CHOSEN, *(f"tests/unit/{Path(room).name}" for room in ROOMS))
FEW = measured("few", "tests/unit/program/test_records.py")
SLOW = [ALL, FEW]


def report(name):
    """Coverage's exit code and report on what was reached."""
    words = [sys.executable, "-m", "coverage", "report", f"--data-file={FOLDER / name}"]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return told.returncode, told.stdout + told.stderr


@pytest.mark.timeout(900)
def test_every_branch_of_the_pure_rooms_is_reached(ended):
    """Random programs and brute force are left out, so that no branch is reached by luck."""
    tested = ended(ALL)
    assert tested.returncode == 0, tested.stdout[-4000:] + tested.stderr[-1000:]
    code, told = report("all")
    assert code == 0, told


def test_a_branch_that_no_test_takes_is_found(ended):
    tested = ended(FEW)
    assert tested.returncode == 0, tested.stdout[-4000:]
    code, told = report("few")
    assert code == 2
    assert "residency/resilience/health.py" in told
    assert "Coverage failure: total of" in told
