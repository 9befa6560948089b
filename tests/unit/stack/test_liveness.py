import time
from threading import Event

import pytest

import stack.liveness
from stack.liveness import Liveness, postgres_answers


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(stack.liveness, "_ASK_SECONDS", 0.01)


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_silence_counts_from_the_first_of_several_unanswered_questions(quick):
    answering, stop = Event(), Event()
    answering.set()
    liveness = Liveness(answering.is_set, stop)
    time.sleep(0.2)
    assert liveness.silent_seconds() == 0
    begun = time.monotonic()
    answering.clear()
    until(lambda: liveness.silent_seconds() > 0.1)
    assert time.monotonic() - begun >= 0.1
    answering.set()
    until(lambda: liveness.silent_seconds() == 0)
    stop.set()


def test_one_question_without_an_answer_is_no_silence_however_long_ago():
    stop = Event()
    liveness = Liveness(lambda: False, stop)
    liveness._unanswered = (0.0,)
    assert liveness.silent_seconds() == 0
    liveness._unanswered = (0.0, 1.0, 2.0)
    assert liveness.silent_seconds() > 0
    liveness.forgive()
    assert liveness.silent_seconds() == 0
    stop.set()


def test_no_server_is_no_answer():
    assert not postgres_answers("127.0.0.1", 1)
