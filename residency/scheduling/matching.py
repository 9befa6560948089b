"""Filling the slots of one half-day with its people at the least cost, by shortest augmenting paths.

Every slot is a row and everybody who may move a column; a row that gets nobody costs what its empty slot
costs. The schedule as it was left fills some rows for nothing, which is an optimal beginning, and each
further row is added along a shortest alternating path (the Hungarian method), so that what comes out is
optimal again: fewest and least protected empty slots, then fewest changed cells, then the people on whom it
weighs least.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import SUPERVISING
from residency.scheduling.problem import NOTHING, RepairProblem
from residency.scheduling.repaired import CATEGORY_COST, CHANGE_COST, UNFILLED_COST

FINE = 1_000_000
"""Parts of one unit of cost: who is chosen among equals is decided in parts that never add up to a unit."""

_NEVER = np.int64(2**50)
_OFFSITE = 7
_GRAINS = 8
"""Steps of how protected the work is that somebody gives up, in each step of how much they carry."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a half-day may not do, beyond the problem's own limits.

    Attributes:
        held: (P,) people whose cell stays as it was left.
        withdrawn: (P,) people taken off what they were assigned to.
        barred: (L, P) people not to be added where they need an attending.
    """

    held: NDArray[np.bool_]
    withdrawn: NDArray[np.bool_]
    barred: NDArray[np.bool_]


class HalfDay:
    """People and posts of one half-day, and who fills what.

    ``job`` is the post whose slot a person fills, an index into ``posts`` or -1. Somebody without a job keeps
    the assignment they were left with, if any.
    """

    def __init__(self, problem: RepairProblem, block: int, limits: Limits, price: NDArray[np.int64]) -> None:
        """Start from the schedule as it was left.

        Args:
            problem: the schedule to be repaired.
            block: which half-day.
            limits: what may not be done.
            price: (P,) what one more half-day of duty weighs on each person, 0..100,000.
        """
        self.problem, self.block = problem, block
        gone = limits.withdrawn
        self.service = np.where(gone, NOTHING, problem.service_left[:, block]).astype(np.int32)
        self.role = np.where(gone, NOTHING, problem.role_left[:, block]).astype(np.int8)
        asked = problem.demand[:, block] > 0
        asked[problem.real_posts :] = True
        self.posts = np.flatnonzero(asked)
        self.demand = problem.demand[self.posts, block].astype(np.int64)
        self.value = slot_values(problem)[self.posts]
        self.may_move = problem.present[:, block] & ~problem.fixed[:, block] & ~limits.held
        self._own = self._own_posts()
        self._is_changed = problem.vacated[:, block] | gone  # a further change of these costs nothing
        self._cost = self._costs(limits)
        self._weight = self._weights(price)
        self.job = self._first_jobs()
        self._draw_paths()

    @property
    def able(self) -> NDArray[np.bool_]:
        """Who can fill a slot of each post, shape (posts, P)."""
        return self._cost < _NEVER

    def _costs(self, limits: Limits) -> NDArray[np.int64]:
        """What it costs in changed cells that a person fills a slot of a post; shape (posts, P)."""
        problem, block = self.problem, self.block
        year = int(problem.snapshot.block_year[block])
        service = problem.post_service[self.posts]
        may = problem.eligible[year, self.posts] & self.may_move
        may[problem.disruption.stops(service, np.array(block, np.int32))] = False
        needs_attending = problem.resident_units[year, service] > 0
        may &= ~(needs_attending & limits.barred[problem.post_place[self.posts]])
        cost = np.where(may, np.where(self._is_changed, 0, CHANGE_COST * FINE), _NEVER)
        people = np.arange(len(self.service))
        for own in self._own:
            cost[own[own >= 0], people[own >= 0]] = 0
        return cost

    def _weights(self, price: NDArray[np.int64]) -> NDArray[np.int64]:
        """Who is rather taken where the number of changes is equal; shape (posts, P), below one unit.

        Those who are on duty anyway, from the least protected work first and from other sites last; then
        those on whom more duty weighs least.
        """
        services = self.problem.program.services
        duty = np.array([each.counts_as_duty for each in services] + [False], np.bool_)
        given_up = np.array(
            [_OFFSITE if each.offsite else 7 - each.load_category for each in services] + [0], np.int64
        )
        on_duty = given_up[self.service] + np.where(duty[self.service], 0, _GRAINS * price)
        is_duty = duty[self.problem.post_service[self.posts]].astype(np.int8)
        return np.stack((given_up[self.service], on_duty))[is_duty]

    def _own_posts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The named and the derived post that each person's assignment counts for, -1 for none; (P,) each."""
        problem, present = self.problem, self.problem.present[:, self.block]
        year = int(problem.snapshot.block_year[self.block])
        named = np.full(len(present), NOTHING, np.int64)
        derived = np.full(len(present), NOTHING, np.int64)
        supervises = present & (self.role == SUPERVISING) & problem.may_supervise
        place = np.where(supervises, problem.service_place[self.service], NOTHING)
        for at, post in enumerate(self.posts.tolist()):
            if post >= problem.real_posts:
                derived[place == problem.post_place[post]] = at
        here = np.flatnonzero(present & (self.service != NOTHING))
        found = problem.named_post[self.service[here], self.role[here]]
        number = np.full(len(problem.post_service) + 1, NOTHING, np.int64)
        number[self.posts] = np.arange(len(self.posts))
        counts = (found != NOTHING) & (number[found] != NOTHING)
        counts[counts] &= problem.eligible[year, found[counts], here[counts]]
        named[here[counts]] = number[found[counts]]
        return named, derived

    def _first_jobs(self) -> NDArray[np.int64]:
        """Who fills what in the schedule as it was left; those who cannot move before those who can."""
        job = np.full(len(self.service), NOTHING, np.int64)
        for own in self._own:
            people = np.flatnonzero((own >= 0) & (job < 0))
            people = people[np.lexsort((self.may_move[people], own[people]))]
            posts = own[people]
            rank = np.arange(len(posts)) - np.searchsorted(posts, posts)
            kept = rank < self.demand[posts]
            job[people[kept]] = posts[kept]
        return job

    @property
    def empty(self) -> NDArray[np.int64]:
        """Slots of each post that nobody fills, shape (posts,)."""
        filled = np.bincount(self.job[self.job >= 0], minlength=len(self.posts))
        return np.maximum(self.demand - filled, 0)

    def fill(self) -> None:
        """Fill what can be filled."""
        if not (self._is_changed & self.may_move).any():
            self._take_idle()
        empty, blocked = self.empty, np.zeros(len(self.posts), np.bool_)
        for post in np.argsort(-self.value, kind="stable").tolist():
            value = int(self.value[post])
            for _ in range(0 if blocked[post] else int(empty[post])):
                distance, before = self._shortest(post)
                if not self._augment(post, value, distance, before):
                    blocked |= self._is_shut_in(value, distance < _NEVER)
                    break

    def _is_shut_in(self, value: int, reached: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Posts for which nobody will be found either, shape (posts,): those that a failed search reached.

        Nobody without a job can fill any of them, none is of less value, and no move between them undoes a
        change. Paths from posts of no more value that enter them lead nowhere, and those that pass them by
        bring nobody who could fill them.
        """
        shut = (self._terminal[reached] >= _NEVER) & (self.value[reached] >= value)
        return reached & bool(shut.all() and (self._moves[np.ix_(reached, reached)] >= 0).all())

    def _take_idle(self) -> None:
        """Give empty slots to people without a job, on whom it weighs least.

        Each slot costs one changed cell then, and none can cost less where nobody's cell is changed yet.
        Where slots are left, those who could fill the fewest come first if that fills more.
        """
        wanting = np.flatnonzero(self.empty)
        people = np.flatnonzero((self.job < 0) & self.may_move)
        able = self._cost[np.ix_(wanting, people)] < _NEVER
        wanting = wanting[np.argsort(able.sum(axis=1), kind="stable")]
        choices = able.sum(axis=0) * FINE
        taken = self._taken(wanting, people, np.zeros_like(choices))
        if len(taken) < min(self.empty.sum(), (choices > 0).sum()):
            taken = max(taken, self._taken(wanting, people, choices), key=len)
        for person, post in taken:
            self.job[person] = post
        self._draw_paths()

    def _taken(
        self, wanting: NDArray[np.intp], people: NDArray[np.intp], first: NDArray[np.int64]
    ) -> list[tuple[int, int]]:
        """Who takes which empty slot, (person, post), when posts choose one after the other.

        Those with the lowest ``first`` are chosen, then those on whom it weighs least.
        """
        empty, free = self.empty, np.ones(len(people), np.bool_)
        taken: list[tuple[int, int]] = []
        for post in wanting.tolist():
            cost = np.where(free, self._cost[post, people], _NEVER)
            able = np.flatnonzero(cost < _NEVER)
            order = cost[able] + self._weight[post, people[able]] + first[able]
            chosen = able[np.argsort(order, kind="stable")[: empty[post]]]
            free[chosen] = False
            taken += [(person, post) for person in people[chosen].tolist()]
        return taken

    def supervise(self, place: int, value: int) -> bool:
        """Have one more attending at a place if that costs less than a value; tells whether it does."""
        derived = (self.problem.post_place[self.posts] == place) & (self.posts >= self.problem.real_posts)
        return bool(derived.any()) and self.insert(int(derived.argmax()), value)

    def insert(self, post: int, value: int) -> bool:
        """Fill one slot of a post if that costs less than a value; tells whether it does.

        People may move from post to post, and a slot of less value may go empty for it.
        """
        return self._augment(post, value, *self._shortest(post))

    def _augment(self, post: int, value: int, distance: NDArray[np.int64], before: NDArray[np.int64]) -> bool:
        """Fill one slot of a post along the best of the shortest paths if that costs less than a value."""
        dropped = self.value.copy()
        dropped[post] = value
        ends = distance + np.minimum(self._terminal, dropped)
        end = int(ends.argmin())
        if ends[end] >= value:
            return False
        self._follow(end, before, taken=self._terminal[end] <= dropped[end])
        return True

    def _shortest(self, post: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """How many changes, in fine parts, a slot of each post is away, and the post before it on the way.

        Somebody may move back to where they were, which undoes a change; no round trip costs less than
        nothing, as what is filled is always filled at the least cost.
        """
        distance = np.full(len(self.posts), _NEVER)
        before = np.full(len(self.posts), NOTHING, np.int64)
        distance[post] = 0
        reached = np.array([post])
        while len(reached):
            through = distance[reached, None] + self._moves[reached]
            best = through.argmin(axis=0)
            least = through[best, np.arange(len(best))]
            better = np.flatnonzero((least < distance) & (least < _NEVER // 2))
            distance[better], before[better] = least[better], reached[best[better]]
            reached = better
        return distance, before

    def _all_moves(self) -> NDArray[np.int64]:
        """What it costs that a post (row) takes somebody from another (column); shape (posts, posts)."""
        holders = np.flatnonzero((self.job >= 0) & self.may_move)
        holders = holders[np.argsort(self.job[holders], kind="stable")]
        job = self.job[holders]
        moves = np.full((len(self.posts), len(self.posts)), _NEVER)
        if len(holders):
            first = np.flatnonzero(np.diff(job, prepend=-1))
            each = self._cost[:, holders] - self._cost[job, holders]
            moves[:, job[first]] = np.minimum.reduceat(each, first, axis=1)
        return moves

    def _draw_paths(self) -> None:
        """What moves and ends of paths cost, from the jobs as they are.

        ``_idle`` (posts, P) is what it costs that a post takes somebody without a job, and how it weighs on
        them; ``_first`` (posts,) is whom each post would take, and ``_terminal`` (posts,) at what cost.
        """
        self._moves = self._all_moves()
        self._idle = np.where((self.job < 0) & (self._cost < _NEVER), self._cost + self._weight, _NEVER)
        self._first = self._idle.argmin(axis=1)
        self._terminal = self._idle.min(axis=1)

    def _take(self, person: int) -> None:
        """Take somebody from those without a job."""
        self._idle[:, person] = _NEVER
        other = np.flatnonzero(self._first == person)
        self._first[other] = self._idle[other].argmin(axis=1)
        self._terminal[other] = self._idle[other, self._first[other]]

    def _follow(self, end: int, before: NDArray[np.int64], *, taken: bool) -> None:
        """Move people along a path; the post at its end takes somebody without a job or loses a slot."""
        chain = [end]
        while before[chain[-1]] != NOTHING:
            chain.append(int(before[chain[-1]]))
        chosen: list[tuple[int, int]] = []
        if taken:
            chosen.append((int(self._first[end]), end))
            self._take(int(self._first[end]))
        for giver, taker in pairwise(chain):
            holds = (self.job == giver) & self.may_move
            row = np.where(holds, self._cost[taker] - self._cost[giver], _NEVER)
            chosen.append((int(row.argmin()), taker))
        for person, post in chosen:
            self.job[person] = post
        for post in chain:
            holders = (self.job == post) & self.may_move
            each = self._cost[:, holders] - self._cost[post, holders]
            self._moves[:, post] = each.min(axis=1, initial=_NEVER)

    def result(self) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
        """Service and role of everybody in the half-day, shapes (P,)."""
        service, role = self.service.copy(), self.role.copy()
        named, derived = self._own
        new = np.flatnonzero((self.job >= 0) & (self.job != named) & (self.job != derived))
        service[new] = self.problem.post_service[self.posts[self.job[new]]]
        role[new] = self.problem.post_role[self.posts[self.job[new]]]
        return service, role


def slot_values(problem: RepairProblem) -> NDArray[np.int64]:
    """What an empty slot of each post costs, in fine parts; shape (Q,)."""
    return FINE * (UNFILLED_COST + CATEGORY_COST * (7 - problem.post_category.astype(np.int64)))
