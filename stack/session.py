"""Starting a plant and staying with it: its progress shown, its main job done, its end on Ctrl-C."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from types import FrameType

from residency.errors import ResidencyError
from residency.settings import Settings
from stack.environment import settings_environment
from stack.home import prepare_home
from stack.logs import rotate
from stack.plant_state import PlantEvent
from stack.process import RELEASE, WRAPPER

_INTERRUPTED = 130
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class PlantError(ResidencyError):
    """The plant did not come up, or went down by itself."""

    code = "plant"


class Session:
    """A plant started from here, which ends when this process does, however that happens, until released.

    Args:
        settings: which plant.
    """

    def __init__(self, settings: Settings) -> None:
        prepare_home(settings)
        log = settings.logs / "plant.log"
        rotate(log)
        self._log = log
        reading, writing = os.pipe()
        bound = [sys.executable, "-I", "-S", str(WRAPPER), str(int(signal.SIGTERM)), str(os.getpid()), "-"]
        command = [*bound, sys.executable, "-m", "stack.plant", "--report", str(writing)]
        try:
            with log.open("ab") as output:
                # S603: our own module.
                self._process = subprocess.Popen(  # noqa: S603
                    command,
                    env={**os.environ, **settings_environment(settings)},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd="/",
                    start_new_session=True,
                    pass_fds=(writing,),
                )
        finally:
            os.close(writing)
        self._events = os.fdopen(reading)

    def events(self) -> Iterator[PlantEvent]:
        """What the plant tells, until it has ended."""
        for line in self._events:
            yield PlantEvent.model_validate_json(line)

    def release(self, say: Callable[[str], None]) -> None:
        """Let the plant live on without this process.

        Raises:
            PlantError: if it ends instead.
        """
        self._process.send_signal(RELEASE)
        for event in self.events():
            if event.kind == "released":
                self._events.close()
                return
            _pass_on(event, say)
        raise self.unexpected_end()

    def end(self, say: Callable[[str], None]) -> None:
        """Stop the plant, showing what it says; returns when its last process is gone."""
        if self._process.poll() is None:
            self._process.terminate()
        for event in self.events():
            say(event.text)
        self._process.wait()

    def unexpected_end(self) -> PlantError:
        """The error for a plant that ended without a word."""
        return PlantError(
            f"the plant ended unexpectedly with exit code {self._process.wait()}; log: {self._log}"
        )


def run_session(
    settings: Settings,
    say: Callable[[str], None],
    job: Callable[[], int],
    *,
    once: bool = False,
    detach: bool = False,
) -> int:
    """Start the plant, do the main job, and stay until interrupted.

    Args:
        settings: which plant.
        say: shows a sentence.
        job: the main job; returns its exit code.
        once: stop the plant after the main job.
        detach: leave the plant running in the background.

    Returns:
        The main job's exit code, or 130 when interrupted before it was done.

    Raises:
        PlantError: if the plant does not come up or goes down by itself.
        ResidencyError: whatever the main job raises; the plant is stopped.
    """
    code = _INTERRUPTED
    with _interruptible():
        session = Session(settings)
        try:
            _wait_until_ready(session, say)
            code = job()
            if detach:
                session.release(say)
                say("Running in the background; `residency status` shows it, `residency down` ends it.")
                return code
            if not once:
                say(f"Running; Prefect is at {settings.prefect_ui_url}. Press Ctrl-C to stop.")
                _stay(session, say)
        except KeyboardInterrupt:
            say("Stopping")
        except BaseException:
            _ignore_interrupts()
            session.end(say)
            raise
        _ignore_interrupts()
        session.end(say)
    return code


def _wait_until_ready(session: Session, say: Callable[[str], None]) -> None:
    for event in session.events():
        if event.kind == "ready":
            return
        _pass_on(event, say)
    raise session.unexpected_end()


def _stay(session: Session, say: Callable[[str], None]) -> None:
    for event in session.events():
        _pass_on(event, say)
    raise session.unexpected_end()


def _pass_on(event: PlantEvent, say: Callable[[str], None]) -> None:
    if event.kind == "error":
        raise PlantError(event.text)
    say(event.text)


@contextmanager
def _interruptible() -> Generator[None, None, None]:
    """Make SIGTERM and a closed terminal act like Ctrl-C, also where a shell switched Ctrl-C off."""

    def interrupt(_: int, __: FrameType | None) -> None:
        signal.raise_signal(signal.SIGINT)

    before = {number: signal.getsignal(number) for number in _STOPPING}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_interrupts() -> None:
    """From here on the end is under way; it takes seconds and must not be cut short."""
    for number in _STOPPING:
        signal.signal(number, signal.SIG_IGN)
