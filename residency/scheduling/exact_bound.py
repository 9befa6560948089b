"""Proof that nothing better exists for a half-day taken by itself: no cycle of moves lowers its cost."""

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import SUPERVISING
from residency.scheduling.exact_moves import Moves, moved
from residency.scheduling.problem import NOTHING, RepairProblem
from residency.scheduling.repaired import CATEGORY_COST, CHANGE_COST, UNFILLED_COST, changed

_NEVER = 1 << 40


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known of the half-days of a repair, each taken by itself.

    Attributes:
        proven: (B,) half-days that no repair makes cheaper, even one that heeds no rule.
        tight: (B, Q, P) whether some cheapest way of filling a proven half-day puts a person on a post.
    """

    proven: NDArray[np.bool_]
    tight: NDArray[np.bool_]

    def keeps(self, problem: RepairProblem, moves: Moves) -> NDArray[np.bool_]:
        """Moves that a schedule as cheap as this one may make, shape (M,); all of half-days not proven."""
        named = problem.named_post[moves.service, moves.role]
        kept = ~self.proven[moves.block] | self.tight[moves.block, named, moves.person]
        place = problem.service_place[moves.service]
        for post in range(problem.real_posts, len(problem.post_service)):
            here = (moves.role == SUPERVISING) & (place == problem.post_place[post])
            kept |= here & self.tight[moves.block, post, moves.person]
        return kept


def prove(
    problem: RepairProblem,
    service: NDArray[np.int32],
    role: NDArray[np.int8],
    *,
    until: float = math.inf,
) -> Proof:
    """Which half-days of a repair are as cheap as can be.

    A half-day is a flow of people to slots: everybody fills at most one, filling it costs a changed cell
    unless the person stays or was vacated, and an empty slot costs what it costs. A flow is cheapest exactly
    when no cycle of moves has a negative cost. Supervision, duty hours and everything that ties half-days
    together is left out, so that the cheapest flow costs no more than the cheapest legal repair. A half-day
    that costs more than its flow, or has such a cycle, is not proven.

    Args:
        problem: the schedule to be repaired.
        service: (P, B) a repair of it.
        role: (P, B).
        until: when to stop, on the monotonic clock; half-days not looked at by then are not proven.
    """
    empty = problem.unfilled(service, role)
    touched = changed(problem, service, role) & ~problem.vacated
    blocks, posts = problem.snapshot.period.blocks, len(problem.post_service)
    proven = np.ones(blocks, np.bool_)
    tight = np.zeros((blocks, posts + 1, problem.snapshot.people), np.bool_)  # the last row is of no post
    other = moved(problem, service, role)
    for block in np.flatnonzero(empty.any(axis=0) | other.any(axis=0)).tolist():
        if time.monotonic() > until:
            proven[block] = False
            continue
        flow = _Flow(problem, block, service[:, block], role[:, block])
        cost = CHANGE_COST * int(touched[:, block].sum()) + int((empty[:, block] * _values(problem)).sum())
        distance = flow.distances()
        proven[block] = flow.cost == cost and not (np.diagonal(distance) < 0).any()
        if proven[block]:
            tight[block, flow.posts] = flow.tight(distance)
    return Proof(proven, tight)


def _values(problem: RepairProblem) -> NDArray[np.int64]:
    """Cost of an empty slot of each post, shape (Q,)."""
    return UNFILLED_COST + CATEGORY_COST * (7 - problem.post_category.astype(np.int64))


class _Flow:
    """The people of one half-day and the slots that they fill."""

    def __init__(
        self,
        problem: RepairProblem,
        block: int,
        service: NDArray[np.int32],
        role: NDArray[np.int8],
    ) -> None:
        asked = np.flatnonzero(problem.demand[:, block] > 0)
        self.posts = asked
        self._demand = problem.demand[asked, block].astype(np.int64)
        self._value = _values(problem)[asked]
        year = int(problem.snapshot.block_year[block])
        movable = problem.present[:, block] & ~problem.fixed[:, block]
        dear = np.where(problem.vacated[:, block], 0, CHANGE_COST)
        stopped = problem.disruption.stops(problem.post_service[asked], np.array(block))
        may = problem.eligible[year, asked] & movable & ~stopped[:, None]
        left = problem.service_left[:, block], problem.role_left[:, block]
        self._cost = np.where(may, dear, _NEVER)
        self._cost[_counts(problem, block, asked, *left)] = 0
        self._job = self._jobs(_counts(problem, block, asked, service, role))
        filled = np.bincount(self._job[self._job != NOTHING], minlength=len(asked))
        self._empty = self._demand - filled

    def _jobs(self, fills: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Who fills a slot of which post (index), NOTHING for none; named posts before derived ones; (P,)."""
        job = np.full(fills.shape[1], NOTHING, np.int64)
        for post, demand in enumerate(self._demand.tolist()):
            takers = np.flatnonzero(fills[post] & (job == NOTHING))
            # The moved fill first: one of them without a slot makes the half-day dearer than its flow.
            order = np.argsort(-self._cost[post, takers], kind="stable")
            job[takers[order[:demand]]] = post
        return job

    @property
    def cost(self) -> int:
        """Moves and empty slots of the flow."""
        working = np.flatnonzero(self._job != NOTHING)
        return int(self._cost[self._job[working], working].sum()) + int((self._empty * self._value).sum())

    def distances(self) -> NDArray[np.int64]:
        """What it costs that one node takes somebody from another along the cheapest chain.

        Nodes are the posts and, last, whoever has no job together with the slots that nobody fills; shape
        (posts + 1, posts + 1). A negative diagonal is a cycle that makes the flow cheaper.
        """
        count = len(self._demand)
        distance = np.full((count + 1, count + 1), _NEVER, np.int64)
        for giver in range(count):
            holders = np.flatnonzero(self._job == giver)
            if len(holders):
                own = self._cost[giver, holders]
                distance[:count, giver] = (self._cost[:, holders] - own).min(axis=1)
                distance[count, giver] = -int(own.max())
        idle = self._cost[:, self._job == NOTHING].min(axis=1, initial=_NEVER)
        distance[:count, count] = np.minimum(idle, np.where(self._demand > self._empty, self._value, _NEVER))
        open_now = np.flatnonzero(self._empty > 0)
        distance[count, open_now] = np.minimum(distance[count, open_now], -self._value[open_now])
        np.fill_diagonal(distance, 0)
        for through in range(count + 1):
            np.minimum(distance, distance[:, through, None] + distance[through], out=distance)
        return distance

    def tight(self, distance: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Who may fill which post in some cheapest flow, (posts, P): those on a cycle that costs nothing."""
        people = np.arange(len(self._job))
        own = np.where(self._job == NOTHING, 0, self._cost[self._job, people])
        return self._cost - own + distance[self._job, :-1].T == 0


def _counts(
    problem: RepairProblem,
    block: int,
    posts: NDArray[np.intp],
    service: NDArray[np.int32],
    role: NDArray[np.int8],
) -> NDArray[np.bool_]:
    """Whose assignment may fill a slot of which posts, shape (posts, P)."""
    year = int(problem.snapshot.block_year[block])
    at_work = problem.present[:, block] & (service != NOTHING)
    held = np.where(at_work, problem.named_post[service, role], NOTHING)
    place = problem.service_place[service]
    supervises = at_work & (role == SUPERVISING) & problem.may_supervise
    real = posts[:, None] < problem.real_posts
    named = (held == posts[:, None]) & problem.eligible[year, posts]
    derived = supervises & (place == problem.post_place[posts][:, None])
    return (real & named) | (~real & derived)
