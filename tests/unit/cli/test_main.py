"""The command line is whole: every command stands in the README, and the README names no other."""

import re
from pathlib import Path

import typer

from cli.main import app

README = (Path(__file__).parents[3] / "README.md").read_text()


def test_the_readme_names_every_command_and_no_other():
    group = typer.main.get_command(app)
    commands = set(group.commands)
    table = README.partition("## Commands")[2].partition("\n## ")[0]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    named = {
        name.removeprefix("residency ").split()[0] for row in rows for name in re.findall(r"`([^`]+)`", row)
    }
    assert named == commands


def test_every_command_in_the_readme_s_examples_exists():
    commands = set(typer.main.get_command(app).commands)
    used = set(re.findall(r"^\$ (?:.*&& )?(?:\.venv/bin/)?residency ([a-z-]+)", README, re.MULTILINE))
    assert used
    assert used <= commands
