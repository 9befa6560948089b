"""The proof that slots cannot be filled: more of them than people who could fill any, by Hall's theorem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.resilience.bitmask import bits
from residency.resilience.matching import Eligibility, HalfDayMatching, wanting


@dataclass(frozen=True, slots=True)
class BlockingSet:
    """Posts, and everybody who could fill any of them: fewer people than slots, so that some stay empty."""

    posts: tuple[int, ...]
    people: tuple[int, ...]
    slots: int

    @property
    def missing(self) -> int:
        """Slots of the posts that stay empty whoever fills the others; at least 1."""
        return self.slots - len(self.people)


def blocking_sets(can: NDArray[np.bool_], demand: Sequence[int]) -> tuple[BlockingSet, ...]:
    """Why the slots of one half-day cannot all be filled; nothing where they can.

    From a post with an empty slot in a maximum matching every alternating path is followed: the posts and the
    people on them are such a set, for otherwise one of the paths would fill the slot (Hall's theorem, as
    König proved it). Sets that two empty posts have in common are told once.

    Args:
        can: (Q, P) who could fill which post; everybody fills at most one slot.
        demand: the slots of each of Q posts.
    """
    reach = [sum(1 << post for post in np.flatnonzero(column).tolist()) for column in can.T]
    eligibility = Eligibility(reach, len(demand))
    matching = HalfDayMatching(eligibility, [1] * len(reach), list(demand))
    held = _held(matching.filled, len(reach))
    empty = [post for post, filled in enumerate(matching.filled) if sum(filled.values()) < int(demand[post])]
    found: dict[int, BlockingSet] = {}
    for post in empty:
        posts = wanting(eligibility.able, held, 1 << post)
        people = 0
        for each in bits(posts):
            people |= eligibility.able[each]
        slots = sum(int(demand[each]) for each in bits(posts))
        found[posts] = BlockingSet(tuple(bits(posts)), tuple(bits(people)), slots)
    return tuple(found.values())


def _held(filled: Sequence[Mapping[int, int]], people: int) -> list[int]:
    """For each person the post they fill, as bits."""
    held = [0] * people
    for post, holders in enumerate(filled):
        for person in holders:
            held[person] |= 1 << post
    return held
