"""Blocking sets against all subsets of posts: Hall's theorem tried out."""

from itertools import combinations

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from residency.scheduling.blocking import blocking_sets


def able(can, posts):
    """Everybody who could fill any of some posts."""
    return set(np.flatnonzero(can[list(posts)].any(axis=0)).tolist())


def most_missing(can, demand):
    """Slots that stay empty in the best matching: the largest lack of people of any set of posts."""
    posts = range(len(demand))
    subsets = [chosen for size in range(len(demand) + 1) for chosen in combinations(posts, size)]
    return max(sum(demand[post] for post in chosen) - len(able(can, chosen)) for chosen in subsets)


@settings(max_examples=150)
@given(st.data(), st.integers(1, 5), st.integers(0, 6))
def test_blocking_sets_are_closed_and_together_account_for_every_empty_slot(data, posts, people):
    row = st.lists(st.booleans(), min_size=people, max_size=people)
    can = np.array(data.draw(st.lists(row, min_size=posts, max_size=posts)), np.bool_).reshape(posts, people)
    demand = data.draw(st.lists(st.integers(0, 3), min_size=posts, max_size=posts))
    found = blocking_sets(can, demand)
    missing = most_missing(can, demand)
    event(f"missing {min(missing, 1)}, sets {len(found)}")
    assert bool(found) == (missing > 0)
    assert len({each.posts for each in found}) == len(found)
    for each in found:
        assert set(each.people) == able(can, each.posts)
        assert each.slots == sum(demand[post] for post in each.posts)
        assert 1 <= each.missing <= missing
    together = {post for each in found for post in each.posts}
    assert sum(demand[post] for post in together) - len(able(can, together)) == missing
