import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from residency.settings import Settings
from stack.environment import MARK, base_environment, client_environment, settings_environment
from stack.prefect_server import use_prefect

PORT = st.integers(1, 50_000)


def plain(value):
    return value.get_secret_value() if isinstance(value, SecretStr) else value


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "timezone": st.sampled_from(["Europe/London", "Pacific/Honolulu"]),
            "holidays": st.sampled_from(["", "GB"]),
            "postgres_port": PORT,
            "s3_port": PORT,
            "worker_limit": st.integers(1, 9),
            "smtp_url": st.just("smtp://user:word@relay:25"),
            "alert_webhook_url": st.sampled_from(["", "https://hook/x"]),
            "prefect_auth_string": st.just("user:word"),
        },
    )
)
def test_a_program_elsewhere_reads_the_very_same_settings(given):
    here = Settings(_env_file=None, **given)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings_environment(here).items():
            patch.setenv(name, value)
        there = Settings(_env_file=None)
    for name in Settings.model_fields:
        assert plain(getattr(there, name)) == plain(getattr(here, name)), name


def test_prefect_settings_of_the_caller_do_not_reach_our_programs(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "https://somebody.else/api")
    monkeypatch.setenv("PREFECT_SERVER_DATABASE_CONNECTION_URL", "sqlite://")
    settings = Settings(_env_file=None, home=tmp_path)
    environment = base_environment(settings) | client_environment(settings)
    assert environment["PREFECT_API_URL"] == "http://127.0.0.1:4200/api"
    assert environment["PREFECT_HOME"] == str(tmp_path / "prefect")
    assert "PREFECT_SERVER_DATABASE_CONNECTION_URL" not in environment
    assert environment[MARK] == str(tmp_path)


def test_using_prefect_makes_this_process_a_client_of_our_server(tmp_path, monkeypatch):
    import os

    monkeypatch.setenv("PREFECT_API_URL", "https://somebody.else/api")
    monkeypatch.setenv("PREFECT_PROFILE", "cloud")
    for name in ("PREFECT_HOME", "PREFECT_LOGGING_COLORS", "DO_NOT_TRACK", "PREFECT_API_AUTH_STRING"):
        monkeypatch.setenv(name, "before")
    use_prefect(Settings(_env_file=None, home=tmp_path, prefect_auth_string="user:word"))
    assert os.environ["PREFECT_API_URL"] == "http://127.0.0.1:4200/api"
    assert os.environ["PREFECT_API_AUTH_STRING"] == "user:word"
    assert "PREFECT_PROFILE" not in os.environ


def test_programs_keep_byte_code_in_the_home_where_the_caller_wants_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    environment = base_environment(Settings(_env_file=None, home=tmp_path))
    subprocess.run([sys.executable, "-c", "import prefect.states"], env=environment, check=True)
    assert list((tmp_path / "bytecode").rglob("prefect/states.*.pyc")) != []


def test_byte_code_that_is_kept_already_stays_where_it_is(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "/the/caller/s")
    environment = base_environment(Settings(_env_file=None, home=tmp_path))
    assert environment["PYTHONPYCACHEPREFIX"] == "/the/caller/s"
    assert "PYTHONDONTWRITEBYTECODE" not in environment
