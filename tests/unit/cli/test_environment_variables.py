"""What the program says of misspelt and malformed variables, and how quietly it ends when interrupted."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from residency.settings import Settings, unknown_variables

RESIDENCY = Path(sys.executable).parent / "residency"


def run(folder, **variables):
    plain = {name: value for name, value in os.environ.items() if not name.startswith("RESIDENCY_")}
    return subprocess.run(
        [RESIDENCY, "status"],
        env={**plain, "RESIDENCY_HOME": str(folder / "home"), **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_misspelt_variables_are_named_with_what_was_probably_meant(tmp_path):
    (tmp_path / ".env").write_text("RESIDENCY_TIMEZON=Europe/London\nOTHER=1\n")
    ended = run(tmp_path, RESIDENCY_POSTGRE_PORT="1", RESIDENCY_XYZ="1")
    assert ended.returncode == 0
    assert ended.stderr.splitlines() == [
        "RESIDENCY_POSTGRE_PORT is not a setting and is ignored; did you mean RESIDENCY_POSTGRES_PORT?",
        "RESIDENCY_TIMEZON is not a setting and is ignored; did you mean RESIDENCY_TIMEZONE?",
        "RESIDENCY_XYZ is not a setting and is ignored; see docs/reference/settings.md",
    ]
    assert "not a setting" not in ended.stdout


def test_every_setting_is_known_in_any_case():
    names = [f"RESIDENCY_{name}" for name in Settings.model_fields]
    assert unknown_variables([*names, *(name.upper() for name in names), "PREFECT_HOME"]) == {}


@pytest.mark.parametrize(
    ("variable", "url", "expected"),
    [
        ("database_url", "postgresql://u:hidden@h:54x/d", "port is not a number from 1 to 65535"),
        ("database_url", "postgresql://u:hidden@h:99999/d", "port is not a number from 1 to 65535"),
        ("database_url", "mysql://u:hidden@h/d", "expected postgresql://host:port"),
        ("database_url", "postgresql:///d?password=hidden", "names no host"),
        ("prefect_database_url", "postgresql://u:hidden@h:/d:x:y", None),
        ("smtp_url", "http://u:hidden@h", "expected smtp://host:port"),
        ("s3_endpoint_url", "h:8333", "expected http://host:port"),
        ("prefect_api_url", "http://h:0/api", "port is not a number from 1 to 65535"),
        ("alert_webhook_url", "hook.example/hidden", "expected http://host:port"),
    ],
)
def test_a_malformed_url_is_refused_and_its_password_not_repeated(variable, url, expected):
    keys = {"s3_access_key_id": "k", "s3_secret_access_key": "k"}
    if expected is None:
        Settings(_env_file=None, **{variable: url})
        return
    with pytest.raises(ValidationError, match=expected) as refused:
        Settings(_env_file=None, **keys, **{variable: url})
    assert "hidden" not in str(refused.value)


def test_the_program_says_so_too(tmp_path):
    ended = run(tmp_path, RESIDENCY_DATABASE_URL="postgresql://u:hidden@h:54x/d")
    assert ended.returncode == 2
    assert ended.stderr.startswith("database_url: its port is not a number from 1 to 65535")
    assert "Traceback" not in ended.stderr
    assert "hidden" not in ended.stderr


@pytest.mark.parametrize("part", [0.2, 0.5, 0.8])
def test_an_interrupt_before_the_command_has_begun_leaves_no_traceback(tmp_path, part):
    begun = time.monotonic()
    run(tmp_path)
    whole = time.monotonic() - begun
    with subprocess.Popen(
        [RESIDENCY, "status"],
        env={**os.environ, "RESIDENCY_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        time.sleep(max(0.1, whole * part))
        started.send_signal(signal.SIGINT)
        _, errors = started.communicate(timeout=60)
    assert "Traceback" not in errors
    assert started.returncode in {-signal.SIGINT, 130, 0, 1}
