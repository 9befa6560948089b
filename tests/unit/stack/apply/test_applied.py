import shutil

import pytest

from residency.settings import Settings
from stack.apply import checkout as place
from stack.apply.applied import fingerprint, is_applied, left_as_it_is, remember_applied
from stack.apply.resources import Action, Change, Kind, Resource
from stack.apply.server import Wish
from stack.credentials import load_or_create_credentials
from stack.home import prepare_home, run_folder


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkout")
    for room in ("flows", "blocks", "stack", "residency", "automations"):
        shutil.copytree(
            place.REPOSITORY / room, folder / room, ignore=shutil.ignore_patterns("__pycache__", "tests")
        )
    shutil.copy(place.REPOSITORY / "prefect.yaml", folder)
    return folder


@pytest.fixture
def checkout(original, tmp_path, monkeypatch):
    folder = tmp_path / "checkout"
    shutil.copytree(original, folder)
    monkeypatch.setattr(place, "REPOSITORY", folder)
    return folder


@pytest.fixture
def settings(tmp_path):
    settings = Settings(_env_file=None, home=tmp_path / "home")
    prepare_home(settings)
    load_or_create_credentials(settings)
    return settings


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "prefect.yaml").write_text((root / "prefect.yaml").read_text() + "# more\n"),
        lambda root: next((root / "flows").rglob("*.py")).write_text("changed = True\n"),
        lambda root: (root / "flows" / "new_flow.py").write_text(""),
        lambda root: (root / "blocks" / "program_database.py").unlink(),
        lambda root: (root / "stack" / "apply" / "work.py").write_text("MARK = ''\n"),
        lambda root: (root / "automations" / "hard_limit.yaml").unlink(),
        lambda root: (root / "residency" / "program" / "vocabulary.py").write_text("\n"),
    ],
)
def test_any_changed_file_means_applying_again(checkout, settings, change):
    before = fingerprint(settings)
    assert fingerprint(settings) == before
    change(checkout)
    assert fingerprint(settings) != before


@pytest.mark.parametrize(
    "changed",
    [
        {"timezone": "Europe/London"},
        {"prefect_port": 4999},
        {"postgres_port": 5999},
        {"s3_bucket": "other"},
        {"alert_webhook_url": "https://hook.example/x"},
        {"work_pool_type": "docker", "work_pool_image": "image"},
    ],
)
def test_settings_that_the_server_holds_mean_applying_again(settings, changed):
    other = Settings(_env_file=None, home=settings.home, **changed)
    assert fingerprint(other) != fingerprint(settings)


def test_before_the_first_apply_nothing_was_left(settings):
    assert left_as_it_is(settings) == []


def test_what_was_applied_is_noted_privately_and_without_a_secret(settings):
    kept = Change(Action.KEEP, Kind.BLOCK_DOCUMENT, "db", ("differs in url",))
    made = Change(Action.CREATE, Kind.WORK_POOL, "residency")
    wanted = Wish(place.read_plan(), (Resource(Kind.WORK_POOL, "residency", {}),))
    remember_applied(settings, wanted, [made, kept])
    assert left_as_it_is(settings) == ["keep block document db: differs in url"]
    stamp = run_folder(settings) / "applied.json"
    assert stamp.stat().st_mode & 0o777 == 0o600
    assert set(stamp.read_text()) & {"@"} == set()
    assert "postgresql:" not in stamp.read_text()


def test_nothing_is_noted_where_no_plant_lives(tmp_path):
    settings = Settings(_env_file=None, home=tmp_path / "none")
    remember_applied(settings, Wish(place.read_plan(), ()), [])
    assert not settings.home.exists()


@pytest.mark.parametrize("content", [None, "", '{"fingerprint": 1}', '{"fingerprint": "other", "names": {}}'])
def test_without_a_note_of_this_very_state_the_server_is_not_even_asked(settings, content):
    if content is not None:
        (run_folder(settings) / "applied.json").write_text(content)
    assert not is_applied(settings, api=None)
