"""Slots that stay empty after the best reassignment, in every half-day and for the loss of one or two."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import Snapshot
from residency.resilience.matching import Eligibility, HalfDayMatching, bits
from residency.resilience.pairs import joint_counts


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

    def matching(
        self, column: int, *, without: int | None = None, placed: Iterable[tuple[int, int]] = ()
    ) -> HalfDayMatching:
        """The matching of one of the pattern's half-days.

        Args:
            column: which of ``blocks``.
            without: an available person to leave out.
            placed: (group, post) pairs to start from.
        """
        supply: list[int] = self.supply[:, column].tolist()
        if without is not None:
            supply[int(self.group[without])] -= 1
        demand: list[int] = self.demand[:, column].tolist()
        return HalfDayMatching(self.eligibility, supply, demand, placed)

    def members(self, groups: int) -> NDArray[np.bool_]:
        """Who belongs to the groups given as bits, available or not; shape (P,)."""
        chosen = np.zeros(len(self.supply), np.bool_)
        chosen[bits(groups)] = True
        return chosen[self.group]


@dataclass(frozen=True, slots=True)
class ReassignmentLosses:
    """L(S), the extra slots left empty when the people S are lost and everybody else may move.

    In each half-day the base is the demand minus a maximum matching of eligible and available people to
    slots, at most one slot a person and whatever they are assigned to now. Shapes: P people, B half-days, T
    tight sets (see :mod:`residency.resilience.matching`).
    """

    shortage: NDArray[np.int64]  # (B,) slots left empty before anybody is lost
    essential: NDArray[np.bool_]  # (P, B) losing the person leaves one more slot empty
    tight_block: NDArray[np.int32]  # (T,) half-day of each tight set
    tight_members: NDArray[np.bool_]  # (T, P)
    patterns: tuple[Pattern, ...]

    @property
    def single(self) -> NDArray[np.int64]:
        """L(a) of every person over the period, shape (P,)."""
        return self.essential.sum(axis=1, dtype=np.int64)

    def joint(self, people: NDArray[np.intp]) -> NDArray[np.int64]:
        """L(ab) - L(a) - L(b), never negative, for all pairs of people; the diagonal means nothing."""
        return joint_counts(self.tight_members[:, people])

    def joint_blocks(self, a: int, b: int) -> NDArray[np.int32]:
        """The half-days in which two people cost a slot together beyond what each costs alone."""
        return self.tight_block[self.tight_members[:, a] & self.tight_members[:, b]]


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


def _reach_masks(eligible: NDArray[np.bool_]) -> tuple[int, ...]:
    """Rows of booleans as integers, the first column in the lowest bit."""
    packed = np.packbits(eligible, axis=1, bitorder="little")
    return tuple(int.from_bytes(row.tobytes(), "little") for row in packed)


def _groups(eligible: NDArray[np.bool_]) -> tuple[NDArray[np.intp], tuple[int, ...]]:
    """People (columns) with equal eligibility as groups: the group of each, and the posts of each group."""
    kinds, group = np.unique(eligible, axis=1, return_inverse=True)
    return group.reshape(-1), _reach_masks(kinds.T)


def reassignment_losses(
    snapshot: Snapshot, progress: Callable[[float], None] | None = None
) -> ReassignmentLosses:
    """Solve every half-day once; half-days that look alike to the matching are solved together.

    Args:
        snapshot: the program over the period.
        progress: told the share of half-days done, 0..1.
    """
    shortage = np.zeros(snapshot.period.blocks, np.int64)
    essential = np.zeros((snapshot.people, snapshot.period.blocks), np.bool_)
    tight_block: list[NDArray[np.intp]] = []
    tight_members: list[NDArray[np.bool_]] = []
    done = 0
    patterns = tuple(_patterns(snapshot))
    for pattern in patterns:
        for columns in _alike(pattern):
            blocks = pattern.blocks[columns]
            matching = pattern.matching(int(columns[0]))
            shortage[blocks] = matching.shortage
            present = snapshot.available[:, blocks]
            essential[:, blocks] = present & pattern.members(matching.essential)[:, None]
            for groups in matching.tight_sets():
                tight_block.append(blocks)
                tight_members.append((present & pattern.members(groups)[:, None]).T)
            done += len(blocks)
            if progress is not None:
                progress(done / snapshot.period.blocks)
    return ReassignmentLosses(
        shortage,
        essential,
        np.concatenate(tight_block, dtype=np.int32) if tight_block else np.zeros(0, np.int32),
        np.concatenate(tight_members) if tight_members else np.zeros((0, snapshot.people), np.bool_),
        patterns,
    )


def _alike(pattern: Pattern) -> list[NDArray[np.intp]]:
    """The pattern's columns by equal supply and demand: they have the same matching."""
    same: dict[bytes, list[int]] = {}
    columns = np.ascontiguousarray(np.vstack([pattern.supply, pattern.demand]).T)
    for number, column in enumerate(columns):
        same.setdefault(column.tobytes(), []).append(number)
    return [np.array(numbers, np.intp) for numbers in same.values()]


def vacated_posts(snapshot: Snapshot, losses: ReassignmentLosses, person: int) -> list[tuple[int, int]]:
    """The (half-day, post) that goes short wherever a lost person is essential, half-days ascending.

    Where the schedule already fills as much as can be filled, it is the post the person is assigned to. In
    other half-days the schedule is first completed by moving people, without emptying a filled post.
    """
    counted = snapshot.assignment_counts & (snapshot.assignment_person == person)
    own_blocks: list[int] = snapshot.assignment_block[counted].tolist()
    own_post = dict(zip(own_blocks, snapshot.assignment_post[counted].tolist(), strict=True))
    complete = (snapshot.demand - snapshot.filled).sum(axis=0, dtype=np.int64) == losses.shortage
    found: list[tuple[int, int]] = []
    for pattern in losses.patterns:
        for column in np.flatnonzero(losses.essential[person, pattern.blocks]).tolist():
            block = int(pattern.blocks[column])
            own = own_post.get(block)
            if own is None or not complete[block]:
                own = _post_after_completion(snapshot, pattern, column, person, own)
            found.append((block, own))
    return sorted(found)


def _post_after_completion(
    snapshot: Snapshot, pattern: Pattern, column: int, person: int, own: int | None
) -> int:
    """Where an essential person can work once a half-day is completed: their own post if that is possible."""
    position = {post: row for row, post in enumerate(pattern.posts.tolist())}
    block = snapshot.assignment_block == pattern.blocks[column]
    here = np.flatnonzero(snapshot.assignment_counts & block)
    groups: list[int] = pattern.group[snapshot.assignment_person[here]].tolist()
    posts: list[int] = snapshot.assignment_post[here].tolist()
    placed = [(group, position[post]) for group, post in zip(groups, posts, strict=True) if post in position]
    completed = pattern.matching(column, placed=placed)
    preferred = None if own is None else position.get(own)
    return int(pattern.posts[completed.post_of(int(pattern.group[person]), preferred)])
