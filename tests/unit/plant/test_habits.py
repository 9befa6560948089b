"""The house keeps its habits: linted, formatted, strictly typed, modules that fit in one's head."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOMS = ("residency", "flows", "blocks", "stack", "cli")
VAGUE = {"utils", "helpers", "common", "misc"}
LONGEST = 400


def modules(*rooms):
    return [path for room in rooms for path in (ROOT / room).rglob("*.py")]


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "--quiet", "."), ("ruff", "format", "--check", "--quiet", "."), ("pyright",)],
    ids=lambda command: " ".join(command[:2]),
)
def test_the_checks_are_green(command):
    checked = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout[-4000:] + checked.stderr[-1000:]


def test_no_module_is_longer_than_fits_in_one_s_head():
    found = modules(*ROOMS)
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in found}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_every_module_is_named_for_what_it_holds():
    assert [path for path in modules(*ROOMS, "tests") if path.stem in VAGUE] == []


def test_long_sql_lives_in_sql_files():
    for path in (ROOT / "residency" / "store").rglob("*.py"):
        if "migrations" in path.parts:
            continue
        for statement in path.read_text().split('"""')[1::2]:
            words = statement.split()
            assert not (words and words[0] in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}), path


def test_locks_name_no_host_and_hash_everything():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        pinned = [line for line in text.splitlines() if line and line[0].isalnum()]
        assert len(pinned) > 50
        assert all("==" in line for line in pinned)
        assert text.count("--hash=sha256:") >= len(pinned)
