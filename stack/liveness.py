"""Noticing a part that is alive and yet does not answer: asked again and again by a thread of its own."""

import socket
import struct
import time
from collections.abc import Callable
from threading import Event, Thread

PATIENCE_SECONDS = 60.0
"""How long a part may leave every question unanswered; a loaded machine is slow and not dead."""

_ASK_SECONDS = 10.0
_LEAST_QUESTIONS = 3
_ANSWER_SECONDS = 10.0
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""PostgreSQL's protocol: a length and a code, answered with one letter before anybody logs in."""


class Liveness:
    """Asks one part whether it answers, until told to stop.

    Args:
        answers: the question; it returns within some seconds and raises nothing.
        stop: ends the asking when set.
    """

    def __init__(self, answers: Callable[[], bool], stop: Event) -> None:
        self._answers = answers
        self._stop = stop
        self._unanswered: tuple[float, ...] = ()
        Thread(target=self._ask, name="liveness", daemon=True).start()

    def silent_seconds(self) -> float:
        """For how long nothing was answered; 0 after an answer, and until several questions went by.

        Questions are counted too because this program may itself have been held up meanwhile.
        """
        unanswered = self._unanswered
        return time.monotonic() - unanswered[0] if len(unanswered) >= _LEAST_QUESTIONS else 0.0

    def forgive(self) -> None:
        """Begin anew with a part that was started again."""
        self._unanswered = ()

    def _ask(self) -> None:
        while not self._stop.wait(_ASK_SECONDS):
            asked = time.monotonic()
            self._unanswered = () if self._answers() else (*self._unanswered, asked)[:_LEAST_QUESTIONS]


def postgres_answers(host: str, port: int) -> bool:
    """Whether a PostgreSQL takes connections, without logging in."""
    try:
        with socket.create_connection((host, port), _ANSWER_SECONDS) as connection:
            connection.sendall(_SSL_REQUEST)
            return len(connection.recv(1)) == 1
    except OSError:
        return False
