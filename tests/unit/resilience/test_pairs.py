"""Sums over meeting pairs against counting every pair in every place."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.resilience import losses, pairs
from residency.resilience.pairs import Attendance, PairCounter

PLACES = 5


@st.composite
def meetings(draw):
    """Who of up to 40 people is in which of five places, left and right of it, and what each place weighs."""
    people = draw(st.integers(1, 40))
    somebody = st.integers(0, people - 1)
    crowds = [draw(st.lists(somebody, unique=True, max_size=12)) for _ in range(PLACES)]
    weight = draw(st.lists(st.integers(-2, 2), min_size=PLACES, max_size=PLACES))
    left = draw(st.sets(somebody))
    return people, crowds, weight, left


def attendance(crowds, chosen=lambda person: True):
    rows = [(person, place) for place, crowd in enumerate(crowds) for person in crowd if chosen(person)]
    person, place = np.array(rows, np.int64).reshape(-1, 2).T
    shuffled = np.random.default_rng(3).permutation(len(rows))
    return Attendance.of(person[shuffled], place[shuffled])


def found(sums):
    keys = sums.keys.tolist()
    assert keys == sorted(set(keys))
    return {divmod(key, sums.people): value for key, value in zip(keys, sums.values.tolist(), strict=True)}


@pytest.mark.parametrize("crowded", [0, 40, 10**9], ids=["spelt out", "mixed", "multiplied"])
@pytest.mark.parametrize("chunk", [1, 7, 1 << 21])
def test_sums_equal_counting_every_pair(monkeypatch, crowded, chunk):
    monkeypatch.setattr(pairs, "_CROWDED", crowded)
    monkeypatch.setattr(pairs, "_CHUNK", chunk)
    monkeypatch.setattr(pairs, "_ROWS", 2)
    seen = Counter()

    @settings(max_examples=150, deadline=None)
    @given(meetings())
    def check(drawn):
        people, crowds, weight, left = drawn
        counter = PairCounter(people)
        weights = np.array(weight, np.int64)
        counter.add_within(attendance(crowds), weights)
        counter.add_between(
            attendance(crowds, left.__contains__), attendance(crowds, lambda p: p not in left), weights
        )
        expected = Counter()
        for place, crowd in enumerate(crowds):
            for a, b in combinations(sorted(crowd), 2):
                expected[a, b] += weight[place] * (1 + ((a in left) != (b in left)))
        assert found(counter.sums()) == {pair: value for pair, value in expected.items() if value}
        seen["pairs"] += len(expected)
        seen["cancelled"] += sum(value == 0 for value in expected.values())

    check()
    assert seen["pairs"] > 200
    assert seen["cancelled"] > 5


def test_attendance_of_some_people_numbers_them_in_order():
    given_rows = Attendance.of(np.array([4, 9, 2, 4]), np.array([1, 0, 0, 0]))
    some = given_rows.among(np.array([2, 4, 8]))
    assert (some.person.tolist(), some.place.tolist()) == ([0, 1, 1], [0, 0, 1])


@pytest.mark.parametrize("size", [3, 2**30], ids=["packed into one key", "too wide for one key"])
def test_rows_are_worst_first_whatever_their_size(size):
    numbers = np.array([[0, 5, 1, 0, size, 0], [0, 0, size, 1, 0, 0], [-size, 0, 0, 0, 0, 1]], np.int32)
    rank = np.array([5, 4, 3, 2, 1, 0])
    order = losses._worst_first(numbers, rank, rank + size)
    assert order.tolist() == ([2, 3, 5, 1, 4] if size == 3 else [2, 3, 5, 4, 1])
