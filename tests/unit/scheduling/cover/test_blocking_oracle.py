"""Blocking sets against every way to fill a half-day: there is one where the best leaves a slot empty."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from residency.scheduling.blocking import blocking_sets

SEEN = set()


@st.composite
def half_days(draw):
    posts, people = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    row = st.lists(st.booleans(), min_size=people, max_size=people)
    demand = draw(st.lists(st.integers(0, 2), min_size=posts, max_size=posts))
    return np.array(draw(st.lists(row, min_size=posts, max_size=posts))), demand


def most_filled(can, demand):
    """Slots filled at best, by trying every post for everybody."""
    posts, people = can.shape
    best = 0
    for choice in product(range(-1, posts), repeat=people):
        if all(post < 0 or can[post, person] for person, post in enumerate(choice)):
            best = max(best, sum(min(choice.count(post), demand[post]) for post in range(posts)))
    return best


@given(half_days())
def test_a_set_blocks_exactly_when_the_best_filling_falls_short(half_day):
    can, demand = half_day
    found = blocking_sets(can, demand)
    short = sum(demand) - most_filled(can, demand)
    SEEN.add(bool(found))
    assert bool(found) == (short > 0)
    for each in found:
        assert len(each.people) < each.slots == sum(demand[post] for post in each.posts)
        assert set(each.people) == set(np.flatnonzero(can[list(each.posts)].any(axis=0)).tolist())
        assert 0 < each.missing <= short
    if found:
        posts = {post for each in found for post in each.posts}
        people = {person for each in found for person in each.people}
        assert sum(demand[post] for post in posts) - len(people) == short


def test_both_outcomes_were_drawn():
    assert len(SEEN) == 2
