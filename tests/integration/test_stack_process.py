import os
import signal
import subprocess
import sys
import time
from threading import Event, Timer

import psutil
import pytest

from stack.process import (
    Child,
    PartError,
    Program,
    StopRequestedError,
    end_marked,
    marked,
    run_to_end,
    wait_until,
)


@pytest.fixture
def program(tmp_path):
    def make(script, **more):
        given = {"name": "part", "command": ["/bin/sh", "-c", script], "log": tmp_path / "part.log"}
        return Program(**(given | {"environment": {"PATH": os.environ["PATH"]}} | more))

    return make


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def eventually(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_output_goes_to_a_private_log_and_the_exit_code_is_known(program, tmp_path):
    child = Child(program("echo spoken; echo complained >&2; exit 3"))
    assert child.wait(5) == 3
    log = tmp_path / "part.log"
    assert log.read_text() == "spoken\ncomplained\n"
    assert log.stat().st_mode & 0o777 == 0o600


def test_it_sees_only_the_given_environment_and_no_terminal_input(program, tmp_path):
    child = Child(program("env; cat", environment={"PATH": os.environ["PATH"], "GIVEN": "yes"}))
    assert child.wait(5) == 0
    seen = dict(line.split("=", 1) for line in (tmp_path / "part.log").read_text().splitlines())
    assert seen.keys() - {"PWD", "_", "SHLVL", "LC_CTYPE"} == {"PATH", "GIVEN"}


def test_stopping_asks_first_and_insists_after_the_patience(program, tmp_path):
    child = Child(program("trap 'echo asked' TERM; echo up; while :; do sleep 0.05; done", stop_seconds=0.5))
    eventually(lambda: "up" in (tmp_path / "part.log").read_text())
    child.stop()
    assert child.exit_code == -signal.SIGKILL
    assert "asked" in (tmp_path / "part.log").read_text()


def test_stopping_takes_what_it_left_in_its_group_along(program, tmp_path):
    child = Child(program("sleep 60 & echo $!; exec sleep 60"))
    eventually(lambda: (tmp_path / "part.log").read_text().strip())
    left = int((tmp_path / "part.log").read_text())
    child.stop()
    eventually(lambda: not alive(left))


_PARENT = """
import sys, time
from pathlib import Path
from stack.process import Child, Program
child = Child(Program("part", ["/bin/sleep", "60"], Path(sys.argv[1]), {"PATH": "/bin:/usr/bin"}))
print(child.pid, flush=True)
time.sleep(60)
"""


def test_it_dies_with_a_parent_that_is_killed(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    ) as parent:
        child = int(parent.stdout.readline())
        eventually(lambda: psutil.Process(child).name() == "sleep")
        parent.kill()
    eventually(lambda: not alive(child))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop privileges")
def test_it_dies_with_its_parent_also_as_another_user(tmp_path):
    script = _PARENT.replace("})", "}, ServiceUser('nobody', 65534, 65534))").replace(
        "import Child",
        "import Child\nfrom stack.service_user import ServiceUser\nfrom stack.process import Child",
        1,
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    ) as parent:
        child = int(parent.stdout.readline())
        eventually(lambda: psutil.Process(child).name() == "sleep")
        assert psutil.Process(child).uids().effective == 65534
        parent.kill()
    eventually(lambda: not alive(child))


def test_waiting_ends_when_it_is_ready(program, tmp_path):
    child = Child(program("sleep 0.3; echo ready; sleep 60"))
    wait_until(lambda: "ready" in (tmp_path / "part.log").read_text(), child, 5)
    child.stop()


def test_a_death_before_it_is_ready_shows_the_end_of_the_log(program, tmp_path):
    child = Child(program("for i in $(seq 30); do echo line $i; done; exit 7"))
    with pytest.raises(PartError, match="part ended with exit code 7 before it was ready") as caught:
        wait_until(lambda: False, child, 5)
    assert "line 30" in str(caught.value)
    assert "line 1\n" not in str(caught.value)
    assert str(tmp_path / "part.log") in str(caught.value)


def test_waiting_too_long_is_an_error_and_waiting_can_be_called_off(program):
    child = Child(program("sleep 60"))
    with pytest.raises(PartError, match="not ready within 0 s; it wrote nothing"):
        wait_until(lambda: False, child, 0.2)
    stop = Event()
    Timer(0.2, stop.set).start()
    with pytest.raises(StopRequestedError):
        wait_until(lambda: False, child, 30, stop)
    child.stop()


def test_a_program_run_to_its_end_is_ended_when_it_fails_or_lasts_or_is_called_off(program, tmp_path):
    run_to_end(program("exit 0"), 5)
    with pytest.raises(PartError, match="failed with exit code 4"):
        run_to_end(program("exit 4"), 5)
    with pytest.raises(PartError, match="took longer than"):
        run_to_end(program("echo $$; exec sleep 60"), 0.5)
    assert not alive(int((tmp_path / "part.log").read_text()))
    stop = Event()
    stop.set()
    with pytest.raises(StopRequestedError):
        run_to_end(program("exec sleep 60"), 5, stop)


def test_marked_processes_are_found_and_ended_also_orphans(program):
    mark = f"test-{os.getpid()}-{time.monotonic_ns()}"
    environment = {"PATH": os.environ["PATH"], "RESIDENCY_TEST_MARK": mark}
    child = Child(program("setsid sleep 60 & exec sleep 60", environment=environment))
    eventually(lambda: sorted(p.name() for p in marked("RESIDENCY_TEST_MARK", mark)) == ["sleep", "sleep"])
    end_marked("RESIDENCY_TEST_MARK", mark)
    assert marked("RESIDENCY_TEST_MARK", mark) == []
    assert child.wait(5) == -signal.SIGKILL


def test_marked_processes_may_end_by_themselves_first(program):
    mark = f"test-{os.getpid()}-{time.monotonic_ns()}"
    child = Child(program("sleep 0.5", environment={"PATH": os.environ["PATH"], "RESIDENCY_TEST_MARK": mark}))
    end_marked("RESIDENCY_TEST_MARK", mark, patience=10)
    assert child.wait(1) == 0
