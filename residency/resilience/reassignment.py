"""Slots that stay empty after the best reassignment, in every half-day and for the loss of one or two."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import Snapshot
from residency.resilience.bitmask import bits
from residency.resilience.matching import Eligibility, HalfDayMatching, wanting
from residency.resilience.pairs import Attendance, PairCounter, PairSums


@dataclass(frozen=True, slots=True)
class Pattern:
    """Half-days of one academic year with the same demanded posts, and the groups people form in them.

    People eligible for the same demanded posts are one group; posts are numbered in the order of ``posts``.
    """

    year: int
    blocks: NDArray[np.intp]
    posts: NDArray[np.intp]
    group: NDArray[np.intp]  # (P,) group of each person
    eligibility: Eligibility
    supply: NDArray[np.int32]  # (groups, blocks) available members
    demand: NDArray[np.int16]  # (posts, blocks)

    def matching(self, column: int, placed: Iterable[tuple[int, int]] = ()) -> HalfDayMatching:
        """The matching of one of the pattern's half-days, starting from (group, post) pairs."""
        supply: list[int] = self.supply[:, column].tolist()
        demand: list[int] = self.demand[:, column].tolist()
        return HalfDayMatching(self.eligibility, supply, demand, placed)

    def members(self, groups: int) -> NDArray[np.bool_]:
        """Who belongs to the groups given as bits, available or not; shape (P,)."""
        chosen = np.zeros(len(self.supply), np.bool_)
        chosen[bits(groups)] = True
        return chosen[self.group]

    def places(
        self, people: NDArray[np.int32], posts: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], list[int]]:
        """Of people and the posts they fill, those that the pattern demands, and their numbers in it."""
        number = np.searchsorted(self.posts, posts)
        demanded = number < len(self.posts)
        demanded[demanded] = self.posts[number[demanded]] == posts[demanded]
        return people[demanded], number[demanded].tolist()

    def filled_by(
        self, matching: HalfDayMatching, present: NDArray[np.bool_], own: Mapping[int, int]
    ) -> NDArray[np.int32]:
        """A matching person by person: the post each fills, -1 for none; shape (P,).

        Args:
            matching: of one of the pattern's half-days.
            present: who is available in it, shape (P,).
            own: the posts that people are assigned to, which they keep where the matching allows.
        """
        open_places: dict[int, dict[int, int]] = {}  # of each group: posts and how many members fill them
        for post, flow in enumerate(matching.filled):
            for group, count in flow.items():
                open_places.setdefault(group, {})[post] = count
        here = np.flatnonzero(present)
        post_of = np.full(len(present), -1, np.int32)
        movable: list[tuple[int, dict[int, int]]] = []
        for person, group in zip(here.tolist(), self.group[here].tolist(), strict=True):
            places = open_places.get(group)
            if places:
                kept = own.get(person, -1)
                if kept in places:
                    post_of[person] = _take_place(places, kept)
                else:
                    movable.append((person, places))
        for person, places in movable:
            if places:
                post_of[person] = _take_place(places, min(places))
        return np.where(post_of < 0, -1, self.posts[post_of])

    def wanting(self, column: int, post_of: NDArray[np.int32], lost: int) -> NDArray[np.intp]:
        """Posts where one more person would fill a slot more when somebody is lost from a maximum matching.

        Args:
            column: which of ``blocks``.
            post_of: the post that each person fills, -1 for none; shape (P,).
            lost: a person whom the matching cannot replace.
        """
        people = np.flatnonzero(post_of >= 0)
        people = people[people != lost]
        places = np.searchsorted(self.posts, post_of[people])
        held = [0] * len(self.supply)
        for group, place in zip(self.group[people].tolist(), places.tolist(), strict=True):
            held[group] |= 1 << place
        taken = np.bincount(places, minlength=len(self.posts))
        empty = sum(1 << place for place in np.flatnonzero(taken < self.demand[:, column]).tolist())
        return self.posts[bits(wanting(self.eligibility.able, held, empty))]

    def numbered(self, sets: Sequence[int]) -> NDArray[np.int64]:
        """Which of some disjoint sets of groups, given as bits, each person belongs to; -1 for none; (P,)."""
        number = np.full(len(self.supply), -1, np.int64)
        for place, groups in enumerate(sets):
            number[bits(groups)] = place
        return number[self.group]


def _take_place(places: dict[int, int], post: int) -> int:
    places[post] -= 1
    if not places[post]:
        del places[post]
    return post


@dataclass(frozen=True, slots=True)
class ReassignmentLosses:
    """L(S), the extra slots left empty when the people S are lost and everybody else may move.

    In each half-day the base is the demand minus a maximum matching of eligible and available people to
    slots, at most one slot a person and whatever they are assigned to now. Shapes: P people, B half-days.
    """

    shortage: NDArray[np.int64]  # (B,) slots left empty before anybody is lost
    essential: NDArray[np.bool_]  # (P, B) losing the person leaves one more slot empty
    tight: NDArray[np.int32]  # (P, B) number of the person's tight set in the half-day, -1 for none
    tight_sets: int  # of all half-days; see :mod:`residency.resilience.tight_sets`
    post: NDArray[np.int32]  # (P, B) the post that the person fills in the matching, -1 for none
    patterns: tuple[Pattern, ...]

    @property
    def single(self) -> NDArray[np.int64]:
        """L(a) of every person over the period, shape (P,)."""
        return self.essential.sum(axis=1, dtype=np.int64)

    def joint(self, people: NDArray[np.intp]) -> PairSums:
        """L(ab) - L(a) - L(b), never negative; ``people`` are ascending and number the pairs."""
        here = self.tight[people]
        person, block = np.nonzero(here >= 0)
        counter = PairCounter(len(people))
        counter.add_within(Attendance.of(person, here[person, block]), np.ones(self.tight_sets, np.int64))
        return counter.sums()

    def joint_blocks(self, a: int, b: int) -> NDArray[np.intp]:
        """The half-days in which two people cost a slot together beyond what each costs alone."""
        return np.flatnonzero((self.tight[a] == self.tight[b]) & (self.tight[a] >= 0))


def _patterns(snapshot: Snapshot) -> Iterator[Pattern]:
    """The half-days with any demand, by academic year and demanded posts."""
    asked = snapshot.demand > 0
    wanted = np.flatnonzero(asked.any(axis=0))
    if not len(wanted):
        return
    keys = np.vstack([snapshot.block_year[wanted].astype(np.uint8), np.packbits(asked[:, wanted], axis=0)])
    _, first, kind = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    for number, sample in enumerate(wanted[first]):
        blocks = wanted[kind.reshape(-1) == number]
        posts = np.flatnonzero(asked[:, sample])
        year = int(snapshot.block_year[sample])
        group, reach = _groups(snapshot.eligible[year, posts])
        supply = np.zeros((len(reach), len(blocks)), np.int32)
        np.add.at(supply, group, snapshot.available[:, blocks])
        demand = snapshot.demand[np.ix_(posts, blocks)]
        eligibility = Eligibility(reach, len(posts))
        yield Pattern(year, blocks, posts, group, eligibility, supply, demand)


def _groups(eligible: NDArray[np.bool_]) -> tuple[NDArray[np.intp], tuple[int, ...]]:
    """People (columns) with equal eligibility as groups: the group of each, and the posts of each group.

    Groups are numbered in the order of how few posts they have.
    """
    packed = np.packbits(eligible, axis=0, bitorder="little").T
    rows = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).reshape(-1)
    _, sample, kind = np.unique(rows, return_index=True, return_inverse=True)
    fewest_posts_first = np.argsort(eligible[:, sample].sum(axis=0), kind="stable")
    number = np.empty(len(sample), np.intp)
    number[fewest_posts_first] = np.arange(len(sample))
    masks = packed[sample[fewest_posts_first]]
    return number[kind.reshape(-1)], tuple(int.from_bytes(row.tobytes(), "little") for row in masks)


def reassignment_losses(
    snapshot: Snapshot, progress: Callable[[float], None] | None = None
) -> ReassignmentLosses:
    """Solve every half-day once, starting from the schedule.

    Args:
        snapshot: the program over the period.
        progress: told the share of half-days done, 0..1.
    """
    shape = snapshot.available.shape
    shortage = np.zeros(shape[1], np.int64)
    essential = np.zeros(shape, np.bool_)
    tight, post = np.full(shape, -1, np.int32), np.full(shape, -1, np.int32)
    scheduled = _scheduled(snapshot)
    done = tight_sets = 0
    patterns = tuple(_patterns(snapshot))
    for pattern in patterns:
        blocks: list[int] = pattern.blocks.tolist()
        for column, block in enumerate(blocks):
            people, own = pattern.places(*scheduled[block])
            matching = pattern.matching(column, zip(pattern.group[people].tolist(), own, strict=True))
            present = snapshot.available[:, block]
            shortage[block] = matching.shortage
            essential[:, block] = present & pattern.members(matching.essential)
            found = matching.tight_sets()
            if found:
                number = pattern.numbered(found)
                tight[:, block] = np.where(present & (number >= 0), number + tight_sets, -1)
                tight_sets += len(found)
            post[:, block] = pattern.filled_by(
                matching, present, dict(zip(people.tolist(), own, strict=True))
            )
            done += 1
            if progress is not None:
                progress(done / shape[1])
    return ReassignmentLosses(shortage, essential, tight, tight_sets, post, patterns)


def _scheduled(snapshot: Snapshot) -> list[tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """The people whose assignments count and the posts they fill, for every half-day."""
    counted = snapshot.assignment_counts
    block = snapshot.assignment_block[counted]
    order = np.argsort(block, kind="stable")
    ends = np.searchsorted(block[order], np.arange(1, snapshot.period.blocks))
    people: list[NDArray[np.int32]] = np.split(snapshot.assignment_person[counted][order], ends)
    posts: list[NDArray[np.int32]] = np.split(snapshot.assignment_post[counted][order], ends)
    return list(zip(people, posts, strict=True))


def vacated_posts(snapshot: Snapshot, losses: ReassignmentLosses, person: int) -> list[tuple[int, int]]:
    """The (half-day, post) that goes short wherever a lost person is essential, half-days ascending.

    Where the schedule already fills as much as can be filled, it is the post the person is assigned to. In
    other half-days the schedule is first completed by moving people, without emptying a filled post.
    """
    blocks = np.flatnonzero(losses.essential[person])
    return list(zip(blocks.tolist(), losses.post[person, blocks].tolist(), strict=True))
