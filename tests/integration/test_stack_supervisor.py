import os
import signal
import time
from threading import Event, Thread

import pytest

import stack.liveness
import stack.mail
import stack.supervisor
from residency.settings import Settings
from stack.mail import launch_mail_sink, mail_answers, wait_for_mail_sink
from stack.process import Child, PartError, Program, StopRequestedError, wait_until
from stack.supervisor import GaveUpError, Part, Step, Supervisor


@pytest.fixture
def part(tmp_path):
    def make(key, script="exec sleep 60", **more):
        log = tmp_path / f"{key}.log"
        program = Program(key, ["/bin/sh", "-c", script], log, {"PATH": os.environ["PATH"]})
        return Part(key, key, "nowhere", launch=lambda _: Child(program), **more)

    return make


@pytest.fixture
def run():
    """A supervisor of the stages, what it said, and its stop."""
    made = []

    def make(*stages):
        said, stop = [], Event()
        supervisor = Supervisor(stages, said.append, lambda: None, stop)
        made.append(supervisor)
        return supervisor, said, stop

    yield make
    for supervisor in made:
        supervisor.end()


def words(said):
    """Sentences without their times."""
    return [sentence.split("  ")[0] for sentence in said]


def test_stages_start_in_order_and_stop_in_reverse(part, run):
    supervisor, said, _ = run(
        [part("one")], [Step(lambda _: "did it"), Step(lambda _: None)], [part("two"), part("three")]
    )
    supervisor.start()
    assert words(said) == ["one ready on nowhere", "did it", "two ready on nowhere", "three ready on nowhere"]
    children = [each.child for each in supervisor.parts]
    assert all(child.exit_code is None for child in children)
    said.clear()
    supervisor.end()
    assert words(said)[2] == "one stopped"
    assert sorted(words(said)) == ["one stopped", "three stopped", "two stopped"]
    assert all(child.exit_code is not None for child in children)
    assert [each.state for each in supervisor.parts] == ["stopped"] * 3


def test_parts_of_one_stage_start_at_the_same_time(part, run):
    def slow(child, stop):
        begun = child.started
        wait_until(lambda: time.time() > begun + 0.8, child, 5, stop)

    supervisor, _, _ = run([part("one", wait=slow), part("two", wait=slow)])
    begun = time.monotonic()
    supervisor.start()
    assert 0.7 < time.monotonic() - begun < 1.5


def test_a_part_that_fails_leaves_those_before_it_to_be_stopped(part, run):
    failing = part(
        "two", "echo broken; exit 5", wait=lambda child, stop: wait_until(lambda: False, child, 5, stop)
    )
    supervisor, said, _ = run([part("one")], [failing], [part("three")])
    with pytest.raises(PartError, match=r"(?s)two ended with exit code 5.*broken"):
        supervisor.start()
    supervisor.end()
    assert words(said) == ["one ready on nowhere", "two stopped", "one stopped"]


def test_a_stop_in_the_middle_of_the_start_starts_nothing_more(part, run):
    supervisor, said, stop = run([part("one")], [Step(lambda _: stop.set())], [part("two")])
    with pytest.raises(StopRequestedError):
        supervisor.start()
    assert supervisor.parts[1].child is None
    supervisor.end()
    assert words(said) == ["one ready on nowhere", "one stopped"]


def test_a_part_that_dies_is_started_again_and_the_others_are_left_alone(part, run, monkeypatch):
    monkeypatch.setattr(stack.supervisor, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(stack.supervisor, "_FIRST_PAUSE_SECONDS", 0.05)
    supervisor, said, stop = run([part("one"), part("two")])
    supervisor.start()
    first, other = (each.child for each in supervisor.parts)
    watching = Thread(target=supervisor.watch)
    # The children are this thread's; the watching one must not end before them.
    watching.start()
    first.send(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while "one ready again" not in words(said):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert f"one ended with exit code {-signal.SIGKILL}; starting it again in 0 s" in said
    assert supervisor.parts[0].child.pid != first.pid
    assert supervisor.parts[1].child is other
    assert other.exit_code is None
    stop.set()
    watching.join()


def test_a_part_that_keeps_dying_is_given_up_after_growing_pauses(part, run, monkeypatch):
    monkeypatch.setattr(stack.supervisor, "_LOOK_SECONDS", 0.02)
    monkeypatch.setattr(stack.supervisor, "_FIRST_PAUSE_SECONDS", 0.03)
    supervisor, said, _ = run([part("one", "exit 9"), part("two")])
    supervisor.start()
    begun = time.monotonic()
    with pytest.raises(
        GaveUpError, match=r"one ended with exit code 9, for the 5th time.*residency logs one"
    ):
        supervisor.watch()
    assert time.monotonic() - begun > 0.03 * (1 + 2 + 4 + 8)
    assert len([sentence for sentence in said if "starting it again" in sentence]) == 4
    assert supervisor.parts[1].child.exit_code is None


def test_a_stop_during_the_pause_before_a_restart_is_heard(part, run, monkeypatch):
    monkeypatch.setattr(stack.supervisor, "_FIRST_PAUSE_SECONDS", 30.0)
    supervisor, _, stop = run([part("one", "exit 9")])
    supervisor.start()
    watching = Thread(target=supervisor.watch)
    watching.start()
    time.sleep(1)
    stop.set()
    watching.join(5)
    assert not watching.is_alive()


def test_every_change_of_state_is_told(part):
    told = []
    one = part("one")
    supervisor = Supervisor(
        [[one]], lambda _: None, lambda: told.append((one.state, one.child is not None)), Event()
    )
    supervisor.start()
    supervisor.end()
    assert told == [
        ("starting", False),
        ("starting", True),
        ("ready", True),
        ("stopping", True),
        ("stopped", False),
    ]


@pytest.fixture
def hurried(monkeypatch):
    """A supervisor that asks and loses patience within a second."""
    monkeypatch.setattr(stack.liveness, "_ASK_SECONDS", 0.1)
    monkeypatch.setattr(stack.supervisor, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(stack.supervisor, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(stack.supervisor, "_FIRST_PAUSE_SECONDS", 0.2)


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_stopped_mail_sink_is_missed_killed_and_started_again(run, hurried, monkeypatch, tmp_path):
    monkeypatch.setattr(stack.mail, "_TIMEOUT_SECONDS", 0.3)
    settings = Settings(_env_file=None, home=tmp_path, mail_port=11_933)
    sink = Part(
        "mail",
        "mail",
        "nowhere",
        launch=lambda _: launch_mail_sink(settings, tmp_path / "mail.log"),
        wait=lambda child, stop: wait_for_mail_sink(settings, child, stop),
        answers=lambda: mail_answers(settings),
    )
    supervisor, said, stop = run([sink])
    supervisor.start()
    first = sink.child
    watching = Thread(target=supervisor.watch)
    watching.start()
    time.sleep(1.5)
    assert said[1:] == []
    first.send(signal.SIGSTOP)
    until(lambda: "mail ready again" in words(said))
    assert "mail has not answered for 0 s and was ended; starting it again in 0 s" in said
    assert sink.child.pid != first.pid
    assert first.exit_code == -signal.SIGKILL
    assert mail_answers(settings)
    stop.set()
    watching.join()


def test_while_the_disk_is_full_a_dead_part_waits_and_is_not_given_up(part, hurried):
    full, said, stop = ["the disk has 0 MB free"], [], Event()
    one = part("one")
    supervisor = Supervisor([[one]], said.append, lambda: None, stop, lambda: full[0])
    supervisor.start()
    one.child.send(signal.SIGKILL)
    watching = Thread(target=supervisor.watch)
    watching.start()
    until(lambda: one.state == "waiting for disk space")
    time.sleep(0.5)
    assert said[-1] == (
        "one ended with exit code -9; the disk has 0 MB free; it is started again when there is room"
    )
    full[0] = None
    until(lambda: one.state == "ready" and one.child.exit_code is None)
    assert len(one.deaths) == 1
    stop.set()
    watching.join()
    supervisor.end()


def test_a_part_that_does_not_come_back_keeps_none_of_the_others_from_it(part, run, hurried):
    def never(child, stop):
        wait_until(lambda: False, child, 0.2, stop)

    base = part("base")
    built = part("built")
    supervisor, said, stop = run([base], [built])
    supervisor.start()
    built.wait = lambda child, stop: (
        None if base.child and base.child.exit_code is None else never(child, stop)
    )
    watching = Thread(target=supervisor.watch)
    built.child.send(signal.SIGKILL)
    watching.start()
    until(lambda: built.state == "restarting")
    base.child.send(signal.SIGKILL)
    until(lambda: {"base ready again", "built ready again"} <= set(words(said)))
    assert (base.state, built.state) == ("ready", "ready")
    stop.set()
    watching.join()
