import os
from pathlib import Path

import pytest

import stack.reset
from residency.settings import Settings
from stack.reset import ResetError, finish_reset, plan_reset, reset
from stack.storage import StorageError

KEPT_LAST = "credentials.json"


@pytest.fixture
def settings(tmp_path):
    return Settings(_env_file=None, home=tmp_path / "home", s3_port=11_960)


@pytest.fixture
def lived_in(settings):
    """A home as a plant that ran leaves it, without the programs that made it."""
    home = settings.home
    for folder in ("postgres/base", "s3", "mail", "prefect", "logs", "tmp", "run"):
        (home / folder).mkdir(parents=True)
    files = (KEPT_LAST, "postgres/PG_VERSION", "postgres/base/1", "s3/1.dat", "mail/1.eml", "logs/plant.log")
    for file in (*files, "run/plant.lock", ".postgres.lock", ".credentials.json.0a1b2c3d"):
        (home / file).write_text("content")
    return settings


def everything_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_all_of_a_home_goes_and_its_neighbours_stay(lived_in):
    neighbour = lived_in.home.parent / "neighbour"
    neighbour.write_text("stays")
    plan = plan_reset(lived_in)
    assert {removal.place.name for removal in plan.removals} == {
        "postgres",
        ".postgres.lock",
        "s3",
        "mail",
        "prefect",
        "logs",
        "tmp",
        "run",
        KEPT_LAST,
        ".credentials.json.0a1b2c3d",
    }
    assert sum(removal.size for removal in plan.removals) == 9 * len("content")
    said = []
    reset(lived_in, said.append)
    assert everything_below(lived_in.home.parent) == ["neighbour"]
    assert said[-1] == f"{lived_in.home} is gone."
    assert plan_reset(lived_in).removals == ()


def test_a_folder_that_goes_away_while_it_is_measured_is_no_failure(lived_in, monkeypatch):
    gone = lived_in.home / "postgres" / "base"
    scandir = os.scandir

    def scandir_of_a_running_plant(path):
        if Path(path) == gone:
            gone.rename(lived_in.home.parent / "gone")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", scandir_of_a_running_plant)
    plan = plan_reset(lived_in)
    assert not gone.exists()
    assert sum(removal.size for removal in plan.removals) == 8 * len("content")


def test_a_folder_that_may_not_be_read_is_told(lived_in, monkeypatch):
    closed = lived_in.home / "postgres" / "base"
    scandir = os.scandir

    def scandir_of_another_user(path):
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", scandir_of_another_user)
    with pytest.raises(StorageError, match="postgres/base may not be read"):
        plan_reset(lived_in)


@pytest.mark.parametrize("foreign", ["thesis.odt", ".bashrc", "postgres.old", "credentials.json.bak"])
def test_a_home_with_foreign_files_is_refused_and_they_are_named(lived_in, foreign):
    (lived_in.home / foreign).write_text("mine")
    before = everything_below(lived_in.home)
    with pytest.raises(ResetError, match=foreign):
        plan_reset(lived_in)
    with pytest.raises(ResetError, match=foreign):
        reset(lived_in, print)
    assert everything_below(lived_in.home) == before


@pytest.mark.parametrize("home", ["/", "/usr", str(Path.home())])
def test_a_folder_of_the_system_is_never_taken_for_a_home(home):
    settings = Settings(_env_file=None, home=Path(home))
    with pytest.raises(ResetError):
        plan_reset(settings)
    with pytest.raises(ResetError):
        reset(settings, print)


def test_a_folder_that_only_looks_a_little_like_a_home_is_refused(settings):
    (settings.home / "logs").mkdir(parents=True)
    (settings.home / "logs" / "mine.log").write_text("of another program")
    with pytest.raises(ResetError, match="does not look like a home"):
        reset(settings, print)
    assert (settings.home / "logs" / "mine.log").exists()


def test_a_first_start_that_made_only_folders_can_be_removed(settings):
    for folder in ("logs", "run", "tmp", "mail", "prefect"):
        (settings.home / folder).mkdir(parents=True)
    reset(settings, print)
    assert not settings.home.exists()


def test_links_are_removed_and_never_followed(lived_in):
    outside = lived_in.home.parent / "outside"
    outside.mkdir()
    (outside / "kept").write_text("mine")
    (lived_in.home / "mail" / "1.eml").unlink()
    (lived_in.home / "mail").rmdir()
    (lived_in.home / "mail").symlink_to(outside)
    (lived_in.home / "s3" / "link").symlink_to(outside)
    (lived_in.home / "logs" / "dangling").symlink_to(outside / "nowhere")
    reset(lived_in, print)
    assert not lived_in.home.exists()
    assert (outside / "kept").read_text() == "mine"


class KilledError(BaseException):
    """What a kill is to the code: the next line does not run."""


@pytest.mark.parametrize("steps", range(14))
def test_a_reset_killed_at_any_step_is_finished_by_the_next_and_leaves_no_half_of_a_database(
    lived_in, monkeypatch, steps
):
    left = steps

    def killed(function):
        def step(*words, **more):
            nonlocal left
            if left == 0:
                raise KilledError
            left -= 1
            return function(*words, **more)

        return step

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed(Path.rename))
        patched.setattr(stack.reset.shutil, "rmtree", killed(stack.reset.shutil.rmtree))
        patched.setattr(Path, "rmdir", killed(Path.rmdir))
        try:
            reset(lived_in, print)
        except KilledError:
            whole = everything_below(lived_in.home / "postgres")
            assert whole in ([], ["PG_VERSION", "base", "base/1"])
            assert (lived_in.home / KEPT_LAST).exists() or not whole
        else:
            assert steps >= 12
    reset(lived_in, print)
    assert not lived_in.home.exists()


def test_the_next_start_finishes_a_reset_that_was_killed(lived_in):
    (lived_in.home / ".removed").mkdir()
    (lived_in.home / "postgres").rename(lived_in.home / ".removed" / "postgres")
    finish_reset(lived_in)
    assert not (lived_in.home / ".removed").exists()
    assert (lived_in.home / KEPT_LAST).exists()


def test_external_parts_are_named_as_kept(lived_in):
    external = lived_in.model_copy(
        update={
            "s3_endpoint_url": "https://s3.example.org",
            "prefect_api_url": "https://prefect.example.org/api",
        }
    )
    kept = plan_reset(external).kept
    assert "The external S3 store at https://s3.example.org is not touched." in kept
    assert any("https://prefect.example.org/api is not touched" in sentence for sentence in kept)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's database lives outside the home")
def test_the_database_outside_the_home_goes_too(lived_in, monkeypatch, tmp_path):
    outside = tmp_path / "system" / "0123456789ab" / "postgres"
    outside.mkdir(parents=True)
    (outside / "PG_VERSION").write_text("18")
    monkeypatch.setattr(stack.reset, "postgres_outside", lambda _: outside)
    assert outside in {removal.place for removal in plan_reset(lived_in).removals}
    reset(lived_in, print)
    assert everything_below(tmp_path) == ["system"]
