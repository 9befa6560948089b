"""Maximum matching of people to slots in one half-day, and which people, pairs and posts it cannot spare.

People with the same eligibility are interchangeable, so the matching is a flow between *groups* of people and
*posts*, each a bit in a Python integer. One maximum flow answers every question about losses:

* A group is **essential** when no alternating path leads to it from somebody left over: losing any of its
  members leaves one more slot empty.
* Two people who are not essential cost a slot together exactly when both can reach some set T of posts whose
  possible people outnumber its slots by one (Hall's theorem). Such sets are closed under union where they
  overlap, so the largest ones are disjoint sets of posts, and a pair belongs to at most one of them. Their
  people are the **tight sets**: there is no need to try pairs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property


def bits(mask: int) -> list[int]:
    """The positions of the set bits, ascending."""
    found: list[int] = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found


class Eligibility:
    """Who may fill what, shared by all half-days with the same posts.

    Args:
        reach: for each group of people, the posts its members are eligible for, as bits.
        posts: number of posts.
    """

    def __init__(self, reach: Sequence[int], posts: int) -> None:
        self.reach = tuple(reach)
        self.posts = posts
        able: list[list[int]] = [[] for _ in range(posts)]
        for group in sorted(range(len(reach)), key=lambda group: reach[group].bit_count()):
            for post in bits(reach[group]):
                able[post].append(group)
        scarce_first = sorted(range(posts), key=lambda post: len(able[post]))
        self.candidates = tuple((post, tuple(able[post])) for post in scarce_first)
        """Posts with the fewest groups first, and for each its groups with the fewest posts first."""


@dataclass(frozen=True, slots=True)
class _Search:
    """What alternating paths from the people left over reach, and how.

    ``via[post]`` is the group that would step into the post, ``source[group]`` the post it would leave (-1
    for somebody left over).
    """

    posts: int
    groups: int
    via: dict[int, int]
    source: dict[int, int]


class HalfDayMatching:
    """A maximum matching of one half-day.

    Args:
        eligibility: the groups and posts.
        supply: for each group, how many members are available.
        demand: for each post, its required slots.
        placed: (group, post) pairs to start from, one a person; what exceeds supply or demand is ignored.
            Posts filled at the start stay filled, though people may move.
    """

    def __init__(
        self,
        eligibility: Eligibility,
        supply: Sequence[int],
        demand: Sequence[int],
        placed: Iterable[tuple[int, int]] = (),
    ) -> None:
        self._reach = eligibility.reach
        self._supply = supply
        self._left = list(supply)
        self._open = list(demand)
        self._flow: list[dict[int, int]] = [{} for _ in demand]
        self._holders = [0] * len(demand)
        for group, post in placed:
            if self._left[group] and self._open[post]:
                self._place(group, post, 1)
        self._fill(eligibility.candidates)
        self._search = self._augment()

    @property
    def empty(self) -> tuple[int, ...]:
        """Slots this matching leaves empty at each post; other maximum matchings may leave others."""
        return tuple(self._open)

    @property
    def shortage(self) -> int:
        """Slots that stay empty however people are moved."""
        return sum(self._open)

    @property
    def essential(self) -> int:
        """Groups each of whose members, once lost, leaves one more slot empty; as bits."""
        present = sum(
            1 << group for group, mask in enumerate(self._reach) if mask and self._supply[group] > 0
        )
        return present & ~self._search.groups

    @cached_property
    def wanting(self) -> int:
        """Posts where one more person would fill one more slot, directly or by others moving on; as bits."""
        wanting = sum(1 << post for post, slots in enumerate(self._open) if slots)
        grew = bool(wanting)
        while grew:
            grew = False
            for post, holders in enumerate(self._holders):
                if not wanting >> post & 1 and any(self._reach[group] & wanting for group in bits(holders)):
                    wanting |= 1 << post
                    grew = True
        return wanting

    def post_of(self, group: int, preferred: int | None = None) -> int:
        """A post that members of the group fill: the preferred one if they do, else the lowest.

        Not all of the group's members may be left over.
        """
        filled = [post for post, flow in enumerate(self._flow) if group in flow]
        return preferred if preferred is not None and preferred in filled else min(filled)

    def tight_sets(self) -> list[int]:
        """Sets of groups: any two people of one set are spared one at a time but not together; as bits.

        For each reachable post one extra slot is filled on trial. The posts that the people still left over
        can no longer reach then form the largest set with exactly one person to spare around that post.
        """
        base = self._search
        idle = sum(1 << group for group, left in enumerate(self._left) if left)
        found: list[int] = []
        remaining = base.posts
        while remaining:
            post = (remaining & -remaining).bit_length() - 1
            path = self._path_to(base, post)
            self._shift(path, 1)
            first = path[-1][0]
            still_idle = idle if self._left[first] else idle & ~(1 << first)
            tight = base.posts & ~self._reached_posts(still_idle, base.posts)
            self._shift(path, -1)
            remaining &= ~(tight | 1 << post)
            if tight:
                found.append(sum(1 << group for group in bits(base.groups) if self._reach[group] & tight))
        return found

    def _place(self, group: int, post: int, count: int) -> None:
        self._left[group] -= count
        self._open[post] -= count
        flow = self._flow[post]
        flow[group] = flow.get(group, 0) + count
        self._holders[post] |= 1 << group

    def _fill(self, candidates: Iterable[tuple[int, Iterable[int]]]) -> None:
        """A good start by greed, so that few augmenting paths remain to be found."""
        left, still_open = self._left, self._open
        for post, groups in candidates:
            wanted = still_open[post]
            for group in groups:
                if not wanted:
                    break
                if left[group]:
                    count = min(left[group], wanted)
                    self._place(group, post, count)
                    wanted -= count

    def _augment(self) -> _Search:
        """Fill open slots along alternating paths until none leads to one; the last search proves it."""
        while True:
            search = self._explore()
            goals = [post for post in bits(search.posts) if self._open[post]]
            if not goals:
                return search
            self._shift(self._path_to(search, goals[0]), 1)
            self._open[goals[0]] -= 1

    def _explore(self) -> _Search:
        """Everything that alternating paths from people left over reach, nearest posts first."""
        source = {group: -1 for group, left in enumerate(self._left) if left and self._reach[group]}
        queue = list(source)
        via: dict[int, int] = {}
        posts = 0
        groups = sum(1 << group for group in queue)
        for group in queue:
            for post in bits(self._reach[group] & ~posts):
                via[post] = group
                posts |= 1 << post
                for holder in bits(self._holders[post] & ~groups):
                    source[holder] = post
                    groups |= 1 << holder
                    queue.append(holder)
        return _Search(posts, groups, via, source)

    def _reached_posts(self, groups: int, enough: int) -> int:
        """The posts that alternating paths from the groups reach; stops once these are ``enough``."""
        reached = self._reach_of(groups)
        todo = reached
        while todo and reached & enough != enough:
            low = todo & -todo
            fresh = self._holders[low.bit_length() - 1] & ~groups
            groups |= fresh
            wider = self._reach_of(fresh)
            todo = (todo ^ low) | (wider & ~reached)
            reached |= wider
        return reached

    def _reach_of(self, groups: int) -> int:
        """The posts that somebody in the groups is eligible for."""
        posts = 0
        while groups:
            low = groups & -groups
            posts |= self._reach[low.bit_length() - 1]
            groups ^= low
        return posts

    @staticmethod
    def _path_to(search: _Search, post: int) -> list[tuple[int, int, int]]:
        """The moves (group, post left or -1, post entered) that bring one more person to the post."""
        path: list[tuple[int, int, int]] = []
        while post >= 0:
            group = search.via[post]
            path.append((group, search.source[group], post))
            post = search.source[group]
        return path

    def _shift(self, path: list[tuple[int, int, int]], count: int) -> None:
        """Make the moves for ``count`` people; a negative count takes them back."""
        for group, left, entered in path:
            self._add(group, entered, count)
            if left < 0:
                self._left[group] -= count
            else:
                self._add(group, left, -count)

    def _add(self, group: int, post: int, count: int) -> None:
        flow = self._flow[post]
        held = flow.get(group, 0) + count
        if held:
            flow[group] = held
            self._holders[post] |= 1 << group
        else:
            del flow[group]
            self._holders[post] &= ~(1 << group)
