import shutil

import pytest
import yaml

import stack.deployment_state as state
from residency.settings import Settings
from stack.credentials import load_or_create_credentials
from stack.deployment_state import declared_names, fingerprint, is_unchanged, remember_deployed
from stack.home import prepare_home


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    folder = tmp_path / "checkout"
    for room in ("flows", "blocks", "stack"):
        shutil.copytree(
            state.REPOSITORY / room,
            folder / room,
            ignore=shutil.ignore_patterns("__pycache__"),
            dirs_exist_ok=True,
        )
    shutil.copy(state.REPOSITORY / "prefect.yaml", folder)
    monkeypatch.setattr(state, "REPOSITORY", folder)
    return folder


@pytest.fixture
def settings(tmp_path):
    settings = Settings(_env_file=None, home=tmp_path / "home")
    prepare_home(settings)
    load_or_create_credentials(settings)
    return settings


def test_the_declared_names_are_those_of_the_file():
    deployments = yaml.safe_load((state.REPOSITORY / "prefect.yaml").read_text())["deployments"]
    assert declared_names() == {each["name"] for each in deployments}
    assert len(declared_names()) >= 3


def test_nothing_counts_as_deployed_before_the_first_deployment(checkout, settings):
    assert not is_unchanged(settings)


def test_what_was_deployed_stays_so_while_nothing_changes(checkout, settings):
    remember_deployed(settings)
    assert is_unchanged(settings)


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "prefect.yaml").write_text((root / "prefect.yaml").read_text() + "# more\n"),
        lambda root: next((root / "flows").rglob("*.py")).write_text("changed = True\n"),
        lambda root: (root / "flows" / "new_flow.py").write_text(""),
        lambda root: (root / "blocks" / "program_database.py").unlink(),
        lambda root: (root / "stack" / "deploy.py").write_text("QUEUES = ()\n"),
    ],
)
def test_any_changed_file_means_deploying_again(checkout, settings, change):
    remember_deployed(settings)
    change(checkout)
    assert not is_unchanged(settings)


@pytest.mark.parametrize(
    "changed",
    [
        {"timezone": "Europe/London"},
        {"prefect_port": 4999},
        {"postgres_port": 5999},
        {"alert_webhook_url": "https://hook.example/x"},
    ],
)
def test_settings_that_the_block_or_the_server_hold_mean_deploying_again(checkout, settings, changed):
    other = Settings(_env_file=None, home=settings.home, **changed)
    assert fingerprint(other) != fingerprint(settings)


def test_the_stamp_reveals_no_secret(checkout, settings):
    remember_deployed(settings)
    stamp = (settings.home / "run" / "deployed").read_text().strip()
    assert len(stamp) == 64
    assert int(stamp, 16) >= 0
