import os
from datetime import UTC, datetime
from threading import Event, Thread, Timer

import pytest

from residency.errors import ConflictError
from residency.settings import Settings
from stack.home import prepare_home
from stack.plant_state import PlantState, plant_lock, read_state, running_pid, write_state
from stack.process import StopRequestedError


@pytest.fixture
def settings(tmp_path):
    found = Settings(_env_file=None, home=tmp_path / "home")
    prepare_home(found)
    return found


@pytest.fixture
def other_plant(settings):
    """Another plant of the home, in the given state until it is let go."""
    held, over = Event(), Event()

    def live(state):
        with plant_lock(settings):
            described = {"pid": 7, "state": state, "since": datetime.now(UTC), "ui_url": "", "parts": ()}
            write_state(settings, PlantState.model_validate(described))
            held.set()
            over.wait(30)

    threads = []

    def begin(state):
        threads.append(Thread(target=live, args=(state,)))
        threads[0].start()
        held.wait(30)
        return over

    yield begin
    over.set()
    threads[0].join()


def test_a_plant_that_is_ending_is_waited_for(settings, other_plant):
    Timer(3, other_plant("stopping").set).start()
    with plant_lock(settings):
        assert running_pid(settings) == os.getpid()
        assert read_state(settings) is None


def test_a_plant_that_runs_is_not_waited_for(settings, other_plant):
    other_plant("ready")
    with pytest.raises(ConflictError, match="already running, pid"), plant_lock(settings):
        pytest.fail("two plants in one home")


def test_the_wait_ends_when_told(settings, other_plant):
    other_plant("stopping")
    stop = Event()
    Timer(0.3, stop.set).start()
    with pytest.raises(StopRequestedError), plant_lock(settings, stop):
        pytest.fail("two plants in one home")


def test_a_killed_plants_description_is_not_taken_for_the_next_ones(settings):
    described = {"pid": 7, "state": "stopping", "since": datetime.now(UTC), "ui_url": "", "parts": ()}
    write_state(settings, PlantState.model_validate(described))
    with plant_lock(settings):
        assert read_state(settings) is None


def test_looking_at_a_home_writes_nothing(settings):
    with plant_lock(settings):
        pass
    before = {path: path.stat().st_mtime_ns for path in settings.home.rglob("*")}
    assert running_pid(settings) is None
    assert read_state(settings) is None
    assert {path: path.stat().st_mtime_ns for path in settings.home.rglob("*")} == before
