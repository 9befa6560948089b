"""Blocking sets on half-days small enough to see through."""

import numpy as np

from residency.scheduling.blocking import BlockingSet, blocking_sets


def can(*rows):
    return np.array([[mark == "x" for mark in row] for row in rows])


def test_what_can_be_filled_is_not_blocked():
    assert blocking_sets(can("xx", "x."), [1, 1]) == ()
    assert blocking_sets(can("xxx"), [2]) == ()


def test_a_slot_that_nobody_can_fill_is_blocked_by_nobody():
    assert blocking_sets(can("...", "xxx"), [1, 2]) == (BlockingSet((0,), (), 1),)


def test_slots_that_share_too_few_people_are_blocked_together_and_others_left_out():
    found = blocking_sets(can("xx....", "xx....", ".x....", "..xxxx"), [1, 1, 1, 2])
    assert found == (BlockingSet((0, 1, 2), (0, 1), 3),)
    assert found[0].missing == 1


def test_two_troubles_are_told_apart():
    found = blocking_sets(can("x...", ".x..", "..xx"), [2, 3, 1])
    assert [(each.posts, each.people, each.missing) for each in found] == [((0,), (0,), 1), ((1,), (1,), 2)]
