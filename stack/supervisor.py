"""Starting parts in order, starting again those that die or fall silent, stopping all in reverse order."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

from residency.errors import ResidencyError
from stack.liveness import PATIENCE_SECONDS, Liveness
from stack.process import Child, StopRequestedError, check_stop, kill_tree

_LOOK_SECONDS = 0.5
_WAITING = "waiting for disk space"
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
_DEATHS = 5
_DEATHS_WITHIN_SECONDS = 180.0


class GaveUpError(ResidencyError):
    """A part died too often in too short a time."""

    code = "gave_up"


@dataclass
class Part:
    """A program that runs as long as the plant.

    Args:
        key: its name in commands and of its log.
        name: its name in sentences.
        address: where it answers, without any secret.
        launch: starts it; returns before or when it is ready.
        wait: waits until it is ready; nothing more to wait for when None.
        describe: its name and version, asked once it is ready.
        end: stops it.
        answers: whether it answers now, asked while it runs; raises nothing.
    """

    key: str
    name: str
    address: str
    launch: Callable[[Event], Child]
    wait: Callable[[Child, Event], None] | None = None
    describe: Callable[[], str] | None = None
    end: Callable[[Child], None] = Child.stop
    answers: Callable[[], bool] | None = None
    child: Child | None = field(default=None, init=False)
    state: str = field(default="stopped", init=False)
    silence: str | None = field(default=None, init=False)
    due: float | None = field(default=None, init=False)
    deaths: deque[float] = field(default_factory=lambda: deque[float](maxlen=_DEATHS), init=False)


@dataclass(frozen=True, slots=True)
class Step:
    """Work that is done once during a start; returns the sentence that says what was done, if anything."""

    run: Callable[[Event], str | None]


Stage = Sequence[Part | Step]


class Supervisor:
    """Runs the stages of a plant.

    Args:
        stages: started one after the other; the parts of one stage start at the same time.
        say: hears each sentence about progress.
        changed: told after every change of a part's state.
        stop: ends everything when set.
        shortage: a sentence while the disk has no room for a part to live on, else None.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        say: Callable[[str], None],
        changed: Callable[[], None],
        stop: Event,
        shortage: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._stages = stages
        self._say = say
        self._changed = changed
        self._stop = stop
        self._shortage = shortage
        self.parts = [one for stage in stages for one in stage if isinstance(one, Part)]

    def start(self) -> None:
        """Start everything.

        Raises:
            PartError: if a part does not become ready; the parts before it are still up.
            StopRequestedError: if the plant was told to stop meanwhile.
        """
        for stage in self._stages:
            begun = time.monotonic()
            parts = [one for one in stage if isinstance(one, Part)]
            for part in parts:
                check_stop(self._stop)
                self._launch(part)
            for part in parts:
                self._await(part)
                self._say(_timed(f"{_described(part)} ready on {part.address}", begun))
            for step in stage:
                if isinstance(step, Step):
                    check_stop(self._stop)
                    begun = time.monotonic()
                    if (sentence := step.run(self._stop)) is not None:
                        self._say(_timed(sentence, begun))

    def watch(self) -> None:
        """Start again whatever dies or does not answer any more, until told to stop.

        Raises:
            GaveUpError: if a part dies too often.
        """
        watched = [
            (part, None if part.answers is None else Liveness(part.answers, self._stop))
            for part in self.parts
        ]
        while not self._stop.wait(_LOOK_SECONDS):
            for part, liveness in watched:
                if not self._tend(part, liveness):
                    continue
                # While one part was down others may have had nothing to say.
                for _, each in watched:
                    if each is not None:
                        each.forgive()
                # From the first again: what a part is built on goes before it.
                break

    def end(self) -> None:
        """Stop all parts, the last stage first; the parts of one stage stop at the same time."""
        for stage in reversed(self._stages):
            running = [one for one in stage if isinstance(one, Part) and one.child is not None]
            if running:
                with ThreadPoolExecutor(len(running)) as pool:
                    list(pool.map(self._end, running))

    def _end(self, part: Part) -> None:
        if part.child is None:
            return
        begun = time.monotonic()
        self._set(part, "stopping")
        part.end(part.child)
        part.child = None
        self._set(part, "stopped")
        self._say(_timed(f"{part.name} stopped", begun))

    def _launch(self, part: Part) -> None:
        self._set(part, "starting")
        part.child = part.launch(self._stop)
        # Again, now that there is a process id to tell.
        self._set(part, "starting")

    def _await(self, part: Part) -> None:
        if part.wait is not None and part.child is not None:
            part.wait(part.child, self._stop)
        self._set(part, "ready")

    def _tend(self, part: Part, liveness: Liveness | None) -> bool:
        """Take one step towards a part's being up again, if it is not; whether a start was tried."""
        alive = part.child is not None and part.child.exit_code is None
        if alive and liveness is not None and liveness.silent_seconds() > PATIENCE_SECONDS:
            self._end_silent(part)
        elif part.due is not None:
            if time.monotonic() >= part.due:
                self._start_again(part)
                return True
        elif not alive:
            self._plan_restart(part)
        return False

    def _end_silent(self, part: Part) -> None:
        """Kill a part that lives and does not answer; it counts as dead from then on."""
        if part.child is not None:
            part.silence = f"has not answered for {PATIENCE_SECONDS:.0f} s and was ended"
            kill_tree(part.child)

    def _plan_restart(self, part: Part) -> None:
        """Let a dead part start again after a pause that grows with each death, and not on a full disk.

        Raises:
            GaveUpError: if it died too often.
        """
        reason = _reason(part)
        shortage = self._shortage()
        if shortage is not None:
            if part.state != _WAITING:
                self._say(f"{part.name} {reason}; {shortage}; it is started again when there is room")
                self._set(part, _WAITING)
            return
        part.deaths.append(time.monotonic())
        if len(part.deaths) == _DEATHS and part.deaths[-1] - part.deaths[0] < _DEATHS_WITHIN_SECONDS:
            raise GaveUpError(
                f"{part.name} {reason}, for the {_DEATHS}th time within "
                f"{_DEATHS_WITHIN_SECONDS / 60:.0f} minutes; see `residency logs {part.key}`"
            )
        pause = min(_FIRST_PAUSE_SECONDS * 2 ** (len(part.deaths) - 1), _LONGEST_PAUSE_SECONDS)
        self._say(f"{part.name} {reason}; starting it again in {pause:.0f} s")
        part.silence = None
        if part.child is not None:
            # What it left in its group would keep its ports.
            part.child.stop()
            part.child = None
        part.due = time.monotonic() + pause
        self._set(part, "restarting")

    def _start_again(self, part: Part) -> None:
        part.due = None
        begun = time.monotonic()
        try:
            self._launch(part)
            self._await(part)
        except StopRequestedError:
            return
        except (ResidencyError, OSError) as error:
            self._say(str(error))
            if part.child is not None:
                part.child.stop()
            return
        self._say(_timed(f"{part.name} ready again", begun))

    def _set(self, part: Part, state: str) -> None:
        part.state = state
        self._changed()


def _reason(part: Part) -> str:
    """Why a part has to be started again."""
    if part.silence is not None:
        return part.silence
    return f"ended with exit code {part.child.exit_code}" if part.child else "did not start"


def _described(part: Part) -> str:
    return part.name if part.describe is None else part.describe()


def _timed(sentence: str, begun: float) -> str:
    return f"{sentence}  {time.monotonic() - begun:.1f} s"
