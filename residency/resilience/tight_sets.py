"""Who alone stands on every alternating path to whom: sets of people of whom one can be spared, not two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from residency.resilience.bitmask import bits


def tight_sets(reach: Sequence[int], left: Sequence[int], flow: Sequence[Mapping[int, int]]) -> list[int]:
    """The largest sets of groups any two of whose people are spared one at a time but not together, as bits.

    Follows alternating paths from people left over: somebody may step into a post they are eligible for, and
    one of those who fill it becomes free. A post is *safe* when two paths that share nobody lead to it.
    People left over and those who fill a safe post are dominated by nobody else: they are *heads*. A post
    that is reached and not safe hangs on one head, and so do those who fill it: with the head they are a
    tight set. These are the subtrees right below the root of the paths' dominator tree; no person is in two.

    Args:
        reach: for each group, the posts its members are eligible for, as bits.
        left: for each group, its members left over by a maximum matching.
        flow: for each post, the groups that fill it and with how many members.
    """
    return _Domination(reach, left, flow).tight_sets()


@dataclass(slots=True)
class _Tree:
    """What one head leads to so far; all as bits."""

    groups: int
    posts: int
    ahead: int
    """Posts that the newest groups are eligible for."""


class _Domination:
    """Heads and safe posts of one maximum matching, found together."""

    def __init__(self, reach: Sequence[int], left: Sequence[int], flow: Sequence[Mapping[int, int]]) -> None:
        self._reach = reach
        self._flow = flow
        self._heads: dict[int, int] = {}
        self._reached = self._safe = self._settled = 0
        for group, count in enumerate(left):
            if count:
                self._add_heads(group, count)

    def tight_sets(self) -> list[int]:
        while True:
            self._settle()
            trees, contested = self._grow()
            if not contested:
                return [tree.groups for tree in trees if tree.posts]
            self._safe |= contested

    def _add_heads(self, group: int, count: int) -> None:
        """Note heads; what two of them are eligible for is safe. More than two of a group change nothing."""
        known = self._heads.get(group, 0)
        if known < 2:
            self._heads[group] = min(known + count, 2)
            posts = self._reach[group]
            self._safe |= posts if self._heads[group] > 1 else posts & self._reached
            self._reached |= posts

    def _settle(self) -> None:
        """Make everybody who fills a safe post a head, until no more posts become safe."""
        while fresh := self._safe & ~self._settled:
            self._settled |= fresh
            for post in bits(fresh):
                for group, count in self._flow[post].items():
                    self._add_heads(group, count)

    def _grow(self) -> tuple[list[_Tree], int]:
        """Let all heads claim step by step what they lead to; the posts that two of them lead to are safe.

        Paths inside two heads' trees share nobody, because every head has two paths of its own.
        """
        trees = [
            _Tree(1 << head, 0, self._reach[head]) for head in self._heads if self._reach[head] & ~self._safe
        ]
        claimed = contested = 0
        growing = trees
        while growing:
            for tree in growing:
                fresh = tree.ahead & ~(self._safe | contested | tree.posts)
                contested |= fresh & claimed
                fresh &= ~claimed
                claimed |= fresh
                tree.posts |= fresh
                tree.ahead = self._enter(tree, fresh)
            growing = [tree for tree in growing if tree.ahead]
        return trees, contested

    def _enter(self, tree: _Tree, posts: int) -> int:
        """Take those who fill the posts into the tree; the posts that the newcomers are eligible for."""
        ahead = 0
        for post in bits(posts):
            for group in self._flow[post]:
                if not tree.groups >> group & 1:
                    tree.groups |= 1 << group
                    ahead |= self._reach[group]
        return ahead
