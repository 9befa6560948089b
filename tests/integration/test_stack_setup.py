import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = ("setup", "pyproject.toml", "requirements.lock", "requirements-dev.lock")


@pytest.fixture
def checkout(tmp_path):
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def run_setup(checkout, *words, **environment):
    return subprocess.run(
        ["/bin/sh", str(checkout / "setup"), *words],
        cwd="/",
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def python_that_says(folder, version, fits):
    """A program that answers as a Python of another version would."""
    path = folder / "python"
    path.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo Python {version} && exit 0\nexit {0 if fits else 1}\n'
    )
    path.chmod(0o755)
    return str(path)


def test_it_is_executable():
    assert os.access(ROOT / "setup", os.X_OK)


@pytest.mark.parametrize("version", ["3.10.12", "3.15.0"])
def test_an_unsupported_python_is_refused_with_what_is_needed(checkout, version):
    ended = run_setup(checkout, PYTHON=python_that_says(checkout, version, fits=False))
    assert ended.returncode == 1
    assert f"Python 3.11 to 3.14 is needed, and this machine has Python {version}" in ended.stderr
    assert "PYTHON=" in ended.stderr
    assert not (checkout / ".venv").exists()


def test_unknown_words_are_refused_with_the_usage(checkout):
    for words in (("--nonsense",), ("--dev", "--dev")):
        ended = run_setup(checkout, *words)
        assert ended.returncode == 2
        assert ended.stderr.startswith("usage: ./setup [--dev]")
    assert not (checkout / ".venv").exists()


def test_an_environment_kept_elsewhere_is_left_alone(checkout):
    elsewhere = checkout / "elsewhere"
    elsewhere.mkdir()
    (checkout / ".venv").symlink_to(elsewhere)
    ended = run_setup(checkout)
    assert ended.returncode == 0
    assert "leaving it as it is" in ended.stdout
    assert list(elsewhere.iterdir()) == []


def test_the_development_lock_holds_the_very_versions_of_the_plain_one():
    def pinned(name):
        lines = (ROOT / name).read_text().splitlines()
        return {line.removesuffix(" \\") for line in lines if line[:1].isalnum()}

    plain, development = pinned("requirements.lock"), pinned("requirements-dev.lock")
    assert len(plain) > 50
    assert plain < development
