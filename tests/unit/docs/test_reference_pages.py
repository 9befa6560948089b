"""The settings page and the command reference say what the code says, all of it."""

import importlib.util
import os
import re
from pathlib import Path

import pytest
import typer
from pydantic import SecretStr

from cli.main import app
from residency.settings import Settings

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "docs" / "reference"
REMEDY = "run `python docs/generate.py` and commit what it writes"


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["settings.md", "cli.md", "rule-sets.md"])
def test_the_page_is_what_the_code_says(generate, page):
    assert (REFERENCE / page).read_text() == generate.PAGES[page](), REMEDY


def test_a_stale_page_is_found_and_written_anew(generate, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(generate, "REFERENCE", tmp_path)
    monkeypatch.setattr(generate, "PAGES", {"settings.md": generate.settings_page})
    (tmp_path / "settings.md").write_text("old\n")
    monkeypatch.setattr("sys.argv", ["generate.py", "--check"])
    assert generate.main() == 1
    assert "settings.md is stale" in capsys.readouterr().err
    assert (tmp_path / "settings.md").read_text() == "old\n"
    monkeypatch.setattr("sys.argv", ["generate.py"])
    assert generate.main() == 0
    monkeypatch.setattr("sys.argv", ["generate.py", "--check"])
    assert generate.main() == 0


def test_every_setting_has_a_row_and_every_secret_is_marked():
    rows = {
        row.split("`")[1]: row
        for row in (REFERENCE / "settings.md").read_text().splitlines()
        if row.startswith("| `RESIDENCY_")
    }
    secrets = {
        f"RESIDENCY_{name.upper()}"
        for name, field in Settings.model_fields.items()
        if SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))
    }
    assert set(rows) == {f"RESIDENCY_{name.upper()}" for name in Settings.model_fields}
    assert secrets
    assert {name for name, row in rows.items() if "**secret**" in row} == secrets
    assert all(row.count("|") == 5 and not row.endswith("|  |") for row in rows.values())


def test_the_home_that_the_page_names_is_the_one_that_is_used(monkeypatch):
    factory = Settings.model_fields["home"].default_factory
    row = next(row for row in (REFERENCE / "settings.md").read_text().splitlines() if "RESIDENCY_HOME" in row)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/somebody")
    for user, shown in ((0, "/var/lib/residency"), (1000, "~/.local/share/residency")):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        assert str(factory()) == shown.replace("~", "/home/somebody")
        assert f"`{shown}`" in row


def test_every_command_and_every_option_has_its_place():
    page = (REFERENCE / "cli.md").read_text()
    sections = dict(re.findall(r"^##+ `([^`]+)`\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL))
    found = {}

    def walk(command, name):
        for child, below in getattr(command, "commands", {}).items():
            found[f"{name} {child}"] = below
            walk(below, f"{name} {child}")

    walk(typer.main.get_command(app), "residency")
    assert set(sections) == set(found)
    for name, command in found.items():
        for parameter in command.params:
            if getattr(parameter, "hidden", False):
                assert all(option not in sections[name] for option in parameter.opts)
            elif parameter.param_type_name == "option":
                assert all(option in sections[name] for option in parameter.opts), name
            else:
                assert f"`{parameter.metavar or parameter.name} " in sections[name], name
        assert "..." not in sections[name].replace("[ARGS]...", "").replace("}...", ""), name
