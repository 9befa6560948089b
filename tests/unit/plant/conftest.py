"""Slow checks of the whole house: first where processes share the tests, else beside all others."""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
_SHARED = "PYTEST_XDIST_WORKER" in os.environ
"""Whether several processes share the tests; then each waits for what it runs, and nothing runs beside."""

_NICE = () if _SHARED else ("nice", "-n", "10")
_MARK = {"BESIDE_THE_TESTS": "1"}
"""By which the leak checks of the integration tests know that a process is not theirs."""

Ended = subprocess.CompletedProcess[str]


class Background:
    """Programs that run one after the other beside the tests, each once, however often it is asked for."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._begun: dict[tuple[str, ...], Future[Ended]] = {}

    def begin(self, words: Sequence[str]) -> Future[Ended]:
        """Start Python with some words, unless that was done before."""
        key = tuple(words)
        if key not in self._begun:
            plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
            self._begun[key] = self._pool.submit(
                subprocess.run,
                [*_NICE, sys.executable, *words],
                cwd=ROOT,
                env=plain | _MARK,
                capture_output=True,
                text=True,
                check=False,
            )
        return self._begun[key]

    def ended(self, words: Sequence[str]) -> Ended:
        """How a program ended."""
        return self.begin(words).result()


_BACKGROUND = pytest.StashKey[Background]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes long go first, so that no process is left alone with it."""
    if _SHARED:
        items.sort(key=lambda item: not hasattr(getattr(item, "module", None), "SLOW"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin what the chosen tests of this folder have named in a list ``SLOW``."""
    background = session.config.stash[_BACKGROUND] = Background()
    if not session.config.option.collectonly and not _SHARED:
        for module in dict.fromkeys(
            item.module for item in session.items if isinstance(item, pytest.Function)
        ):
            for words in getattr(module, "SLOW", ()):
                background.begin(words)


@pytest.fixture
def ended(request: pytest.FixtureRequest):
    """How a slow program of ``SLOW`` ended, once it has."""
    return request.config.stash[_BACKGROUND].ended
