"""Starting the plant's programs as children that cannot outlive it, waiting for them, and ending them."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import psutil

from residency.errors import ResidencyError
from stack.logs import last_lines
from stack.service_user import ServiceUser

WRAPPER = Path(__file__).with_name("child.py")
RELEASE = signal.SIGUSR1
"""Tells a plant that it may outlive the process that started it."""

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.05
_SHOWN_LINES = 12
_FORCED_SECONDS = 5.0


class PartError(ResidencyError):
    """A part of the plant did not start, or stopped on its own."""

    code = "part"


class StopRequestedError(ResidencyError):
    """The plant was told to stop while something was still starting."""

    code = "stopped"


@dataclass(frozen=True, slots=True)
class Program:
    """How to run one program.

    ``death_signal`` is what the kernel sends it when the plant dies without a word.
    """

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    user: ServiceUser | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 30.0
    force_signal: signal.Signals = signal.SIGKILL
    death_signal: signal.Signals = signal.SIGTERM
    pass_descriptors: tuple[int, ...] = ()


class Child:
    """A running program in a session of its own, whose output goes to its log.

    Start it from a thread that lives as long as the child may: the kernel counts the end of the
    starting thread as the end of the parent.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        user = "-" if program.user is None else f"{program.user.uid}:{program.user.gid}"
        wrapper = (sys.executable, "-I", "-S", str(WRAPPER))
        binding = (str(int(program.death_signal)), str(os.getpid()), user)
        descriptor = os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # S603: the plant's own programs with the plant's own arguments.
            self._process = subprocess.Popen(  # noqa: S603
                [*wrapper, *binding, *program.command],
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                cwd="/",
                start_new_session=True,
                pass_fds=program.pass_descriptors,
            )
        finally:
            os.close(descriptor)
        self.started = time.time()

    @property
    def pid(self) -> int:
        """Process id, which is also the id of its session and group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless the program is gone already."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def wait(self, seconds: float) -> int | None:
        """Wait for its end; the exit code, or None if it still runs."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def stop(self, seconds: float | None = None) -> None:
        """End it its own way, and by force when that takes too long; then whatever it left in its group."""
        if self.exit_code is None:
            self.send(self.program.stop_signal)
            if self.wait(self.program.stop_seconds if seconds is None else seconds) is None:
                self.send(self.program.force_signal)
                if self.wait(_FORCED_SECONDS) is None:
                    self.send(signal.SIGKILL)
                    self._process.wait()
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def failure(self, what: str) -> PartError:
        """An error that shows the end of the log and where the rest is."""
        shown = "\n".join(f"  {line}" for line in last_lines(self.program.log, _SHOWN_LINES))
        detail = f"its last lines:\n{shown}\n" if shown else "it wrote nothing; "
        return PartError(f"{self.program.name} {what}; {detail}log: {self.program.log}")


def kill_tree(child: Child) -> None:
    """Kill a child and everything below it at once, and wait until it is gone."""
    with suppress(psutil.NoSuchProcess):
        for process in (*psutil.Process(child.pid).children(recursive=True), psutil.Process(child.pid)):
            with suppress(psutil.NoSuchProcess):
                process.kill()
    child.wait(_FORCED_SECONDS)


def wait_until(ready: Callable[[], bool], child: Child, seconds: float, stop: Event | None = None) -> None:
    """Wait until a child is ready.

    Args:
        ready: asked about twenty times a second.
        child: who is waited for.
        seconds: the longest wait.
        stop: ends the wait when set.

    Raises:
        PartError: if the child ends first or the time is up, with the end of its log.
        StopRequestedError: if ``stop`` was set.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        check_stop(stop)
        if child.exit_code is not None:
            raise child.failure(f"ended with exit code {child.exit_code} before it was ready")
        if time.monotonic() > deadline:
            raise child.failure(f"was not ready within {seconds:.0f} s")
        time.sleep(_POLL_SECONDS)


def run_to_end(program: Program, seconds: float, stop: Event | None = None) -> None:
    """Run a program that ends by itself.

    Raises:
        PartError: if it fails or takes too long, with the end of its log.
        StopRequestedError: if ``stop`` was set meanwhile; the program is ended.
    """
    child = Child(program)
    deadline = time.monotonic() + seconds
    try:
        while child.wait(_POLL_SECONDS) is None:
            check_stop(stop)
            if time.monotonic() > deadline:
                raise child.failure(f"took longer than {seconds:.0f} s")
        if child.exit_code != 0:
            raise child.failure(f"failed with exit code {child.exit_code}")
    finally:
        child.stop()


def marked(variable: str, value: str) -> list[psutil.Process]:
    """Every process that was started with this environment variable, whoever its parent is by now."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            # One that has ended and waits to be collected has no environment any more.
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(variable) == value:
                found.append(process)
    return found


def end_marked(variable: str, value: str, patience: float = 0.0) -> None:
    """End every other process with this environment variable.

    Args:
        variable: name of the variable.
        value: its value.
        patience: seconds that they get to end by themselves before they are killed.
    """
    deadline = time.monotonic() + patience
    while alive := [process for process in marked(variable, value) if process.pid != os.getpid()]:
        if time.monotonic() >= deadline:
            for process in alive:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        time.sleep(_POLL_SECONDS)


def outlive_parent() -> None:
    """Undo what the wrapper bound this process to: it lives on when its parent ends.

    To be called from the main thread, which is the one that was bound.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")


def check_stop(stop: Event | None) -> None:
    """Raise StopRequestedError if the plant was told to stop."""
    if stop is not None and stop.is_set():
        raise StopRequestedError("stopped while starting")
