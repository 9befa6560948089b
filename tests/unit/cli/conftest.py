"""What the tests of single commands share."""

import json

import pytest
import typer
from typer.testing import CliRunner

from cli.check import register

DUTIES = """person,start,end,kind,new_patient
Ann,2026-03-02T07:00,2026-03-03T07:00,in_house_call,
Ann,2026-03-03T20:59,2026-03-03T23:00,,
Bob,2026-03-02T08:00,2026-03-02T20:00,,
Bob,2026-03-03T03:30,2026-03-03T12:00,moonlighting_internal,no
"""


@pytest.fixture
def local_duties():
    """A small duty file in local times: one short rest after a call, one after a shift, one moonlighter."""
    return DUTIES


@pytest.fixture
def check_acgme(tmp_path):
    """Run ``check acgme`` on files given as text, by default the local duties; as typer tells it."""

    def check(*options, **files):
        arguments = ["check", "acgme"]
        for name, text in ({"duties": DUTIES} | files).items():
            path = tmp_path / f"{name}.csv"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            arguments += [f"--{name}", str(path)]
        app = typer.Typer()
        register(app)
        return CliRunner().invoke(app, [*arguments, *options])

    return check


@pytest.fixture
def judged_files(check_acgme):
    """The judgement as JSON says it."""

    def judged_files(*options, **files):
        result = check_acgme(*options, "--json", **files)
        assert result.exit_code == 0, (result.output, result.exception)
        return json.loads(result.stdout)

    return judged_files
