import os

import pytest

from residency.settings import Settings
from stack.home import HomeError, make_passable, postgres_folder, prepare_home, write_private
from stack.service_user import ServiceUser


@pytest.fixture(params=[0o022, 0o077], ids=["usual umask", "strict umask"])
def umask(request):
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path):
    return path.stat().st_mode & 0o777


def test_the_home_lets_the_database_user_pass_and_its_folders_let_nobody_in(tmp_path, umask):
    settings = Settings(_env_file=None, home=tmp_path / "a" / "home")
    prepare_home(settings)
    assert mode(settings.home) == 0o711
    folders = {path.name: mode(path) for path in settings.home.iterdir()}
    assert folders == dict.fromkeys(("logs", "run", "tmp", "mail", "prefect"), 0o700)
    prepare_home(settings)


def test_a_folder_that_exists_keeps_its_mode(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    make_passable(closed)
    make_passable(closed / "inner")
    assert mode(closed) == 0o700
    assert mode(closed / "inner") == 0o711


def test_a_home_that_cannot_be_made_is_named_with_the_setting(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError, match="set RESIDENCY_HOME"):
        prepare_home(Settings(_env_file=None, home=tmp_path / "file" / "home"))


def test_a_private_file_is_replaced_whole_or_kept(tmp_path, umask):
    path = tmp_path / "secret"
    assert write_private(path, "one")
    assert mode(path) == 0o600
    assert not write_private(path, "two", replace=False)
    assert path.read_text() == "one"
    assert write_private(path, b"three")
    assert path.read_text() == "three"
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_data_lives_in_the_home_of_whoever_starts_it(tmp_path):
    settings = Settings(_env_file=None, home=tmp_path)
    assert postgres_folder(settings, None) == tmp_path / "postgres"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop privileges")
def test_data_lives_outside_a_home_that_its_user_cannot_enter_and_stays_where_it_is(tmp_path):
    user = ServiceUser("nobody", 65534, 65534)
    tmp_path.chmod(0o700)
    settings = Settings(_env_file=None, home=tmp_path / "home")
    prepare_home(settings)
    outside = postgres_folder(settings, user)
    assert outside.parent.parent == outside.parents[1]
    assert not outside.is_relative_to(tmp_path)
    other = Settings(_env_file=None, home=tmp_path / "other")
    assert postgres_folder(other, user) != outside
    # Once there is data inside, a mode that changes does not make it vanish.
    (settings.home / "postgres").mkdir()
    (settings.home / "postgres" / "PG_VERSION").write_text("18\n")
    assert postgres_folder(settings, user) == settings.home / "postgres"
