"""Maximum matching of people to slots in one half-day, and which people, pairs and posts it cannot spare.

People with the same eligibility are interchangeable, so the matching is a flow between *groups* of people and
*posts*, each a bit in a Python integer. One maximum flow answers every question about losses:

* A group is **essential** when no alternating path leads to it from somebody left over: losing any of its
  members leaves one more slot empty.
* Two people who are not essential cost a slot together exactly when one person stands on every alternating
  path to either of them (Menger's theorem; in a flow graph that person *dominates* both). Everybody whom one
  person dominates forms, with that person, a **tight set**: their posts have one more possible person than
  slots. A pair belongs to at most one tight set, so there is no need to try pairs.
"""

from collections.abc import Iterable, Mapping, Sequence

from residency.resilience.bitmask import bits
from residency.resilience.tight_sets import tight_sets


class Eligibility:
    """Who may fill what, shared by all half-days with the same posts.

    Args:
        reach: for each group of people, the posts its members are eligible for, as bits.
        posts: number of posts.
    """

    def __init__(self, reach: Sequence[int], posts: int) -> None:
        self.reach = tuple(reach)
        able = [0] * posts
        for group, mask in enumerate(reach):
            for post in bits(mask):
                able[post] |= 1 << group
        self.able = tuple(able)
        """For each post, the groups that may fill it, as bits."""
        self.scarce_first = tuple(sorted(range(posts), key=lambda post: able[post].bit_count()))


class HalfDayMatching:
    """A maximum matching of one half-day.

    Args:
        eligibility: the groups and posts; a good start needs groups in the order of how few posts they have.
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
        self._able = eligibility.able
        self._supply = supply
        self._left = list(supply)
        self._idle = sum(1 << group for group, left in enumerate(supply) if left)
        self._open = list(demand)
        self._flow: list[dict[int, int]] = [{} for _ in demand]
        self._holders = [0] * len(demand)
        self._held = [0] * len(supply)
        for group, post in placed:
            if self._left[group] and self._open[post]:
                self._place(group, post, 1)
        self._fill(eligibility.scarce_first)
        self._spared = self._augment()

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
        return present & ~self._spared

    @property
    def filled(self) -> Sequence[Mapping[int, int]]:
        """For each post, the groups that fill it and with how many members."""
        return self._flow

    def tight_sets(self) -> list[int]:
        """Sets of groups: any two people of one set are spared one at a time but not together; as bits.

        The largest such sets; no person is in two of them.
        """
        return tight_sets(self._reach, self._left, self._flow)

    def _place(self, group: int, post: int, count: int) -> None:
        self._open[post] -= count
        self._take(group, count)
        self._add(group, post, count)

    def _take(self, group: int, count: int) -> None:
        self._left[group] -= count
        if not self._left[group]:
            self._idle &= ~(1 << group)

    def _add(self, group: int, post: int, count: int) -> None:
        flow = self._flow[post]
        flow[group] = flow.get(group, 0) + count
        self._holders[post] |= 1 << group
        self._held[group] |= 1 << post

    def _remove(self, group: int, post: int) -> None:
        flow = self._flow[post]
        flow[group] -= 1
        if not flow[group]:
            del flow[group]
            self._holders[post] &= ~(1 << group)
            self._held[group] &= ~(1 << post)

    def _fill(self, scarce_first: Iterable[int]) -> None:
        """A good start by greed, so that few augmenting paths remain to be found."""
        for post in scarce_first:
            wanted = self._open[post]
            able = self._able[post] & self._idle if wanted else 0
            while able and wanted:
                group = (able & -able).bit_length() - 1
                count = min(self._left[group], wanted)
                self._place(group, post, count)
                wanted -= count
                able &= able - 1

    def _augment(self) -> int:
        """Fill open slots along alternating paths until none leads to one.

        Dinic's algorithm: all posts are put in layers by their distance from people left over, then paths
        down the layers fill open slots until there are no more, and so on.

        Returns:
            The groups that alternating paths from people left over reach at last, as bits.
        """
        while True:
            layers = self._layers()
            reached = [
                (post, distance)
                for distance, (posts, _) in enumerate(layers)
                for post in bits(posts)
                if self._open[post]
            ]
            if not reached:
                return sum(groups for _, groups in layers)
            vain = 0
            for post, distance in reached:
                while self._open[post]:
                    path, vain = self._path(post, distance, layers, vain)
                    if not path:
                        break
                    self._follow(post, path)

    def _layers(self) -> list[tuple[int, int]]:
        """Posts by their distance from people left over, and the groups from which each layer is entered."""
        layers: list[tuple[int, int]] = []
        groups = self._idle
        all_posts, all_groups = 0, groups
        while groups:
            posts = 0
            for group in bits(groups):
                posts |= self._reach[group]
            posts &= ~all_posts
            layers.append((posts, groups))
            all_posts |= posts
            groups = 0
            for post in bits(posts):
                groups |= self._holders[post]
            groups &= ~all_groups
            all_groups |= groups
        return layers

    def _path(
        self, post: int, distance: int, layers: Sequence[tuple[int, int]], vain: int
    ) -> tuple[list[tuple[int, int]], int]:
        """A path down the layers to somebody left over: (group, post it leaves), the last one leaving none.

        ``vain`` are the posts, as bits, from which there is none; the second result adds those found now.
        """
        path: list[tuple[int, int]] = []
        trail = [post]
        while True:
            here, depth = trail[-1], distance - len(path)
            if depth == 0:
                idle = self._able[here] & self._idle
                if idle:
                    return [*path, ((idle & -idle).bit_length() - 1, -1)], vain
            else:
                step = self._step(here, layers[depth][1], layers[depth - 1][0] & ~vain)
                if step:
                    path.append(step)
                    trail.append(step[1])
                    continue
            vain |= 1 << trail.pop()
            if not trail:
                return [], vain
            path.pop()

    def _step(self, post: int, groups: int, posts: int) -> tuple[int, int] | None:
        """One of the groups who may fill the post and fills one of the posts, and that one."""
        able = self._able[post] & groups
        while able:
            group = (able & -able).bit_length() - 1
            held = self._held[group] & posts
            if held:
                return group, (held & -held).bit_length() - 1
            able &= able - 1
        return None

    def _follow(self, post: int, path: Iterable[tuple[int, int]]) -> None:
        """Move one person of each group on the path, which fills one slot more."""
        self._open[post] -= 1
        for group, left in path:
            self._add(group, post, 1)
            if left < 0:
                self._take(group, 1)
            else:
                self._remove(group, left)
            post = left


def wanting(able: Sequence[int], held: Sequence[int] | Mapping[int, int], empty: int) -> int:
    """Posts from which moving people on can fill one of some posts with empty slots, themselves included.

    Args:
        able: for each post, the groups that may fill it, as bits.
        held: for each group, the posts that its members fill, as bits.
        empty: the posts with an empty slot, as bits; so is the result.
    """
    posts, groups = empty, 0
    todo = empty
    while todo:
        fresh = 0
        for post in bits(todo):
            fresh |= able[post]
        todo = 0
        for group in bits(fresh & ~groups):
            todo |= held[group]
        groups |= fresh
        todo &= ~posts
        posts |= todo
    return posts
