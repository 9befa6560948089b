"""The best roster and bound that the threads of a search know together."""

import threading
from collections.abc import Callable

import numpy as np

from residency.scheduling.rostering.evaluation import evaluate
from residency.scheduling.rostering.instance import Instance, Roster
from residency.scheduling.rostering.neighbourhoods import penalty_of

OnBetter = Callable[[int, Roster], None]
"""Called with the penalty and rows of each better roster."""


class Incumbent:
    """What is known so far; every method may be called from any thread.

    ``over`` is set when nothing is left to find: the roster is proven optimal, or there is none.
    """

    def __init__(self, instance: Instance, on_better: OnBetter | None = None) -> None:
        self.instance = instance
        self.over = threading.Event()
        self.roster: Roster | None = None
        self.penalty: int | None = None
        self.bound = 0
        self.infeasible = False
        self.remarks: list[str] = []
        self._lock = threading.Lock()
        self._on_better = on_better

    def offer(self, roster: Roster) -> None:
        """Keep a legal roster (P, D) if it is better than the best."""
        with self._lock:
            self._keep(roster)

    def merge(self, before: Roster, after: Roster) -> None:
        """Put what differs between two legal rosters (P, D) into the best one, if that makes it better.

        When somebody's row has been
        changed meanwhile, the two changes together may break their contract; such a merger is dropped.
        """
        with self._lock:
            if self.roster is None:
                message = "there is no roster to put rows into"
                raise ValueError(message)
            if penalty_of(self.instance, after) < (self.penalty or 0):
                self._keep(after)
                return
            merged = np.where(before != after, after, self.roster)
            twice = (before != after).any(axis=1) & (before != self.roster).any(axis=1)
            if twice.any() and evaluate(self.instance, merged).broken:
                return
            self._keep(merged)

    def prove(self, bound: int) -> None:
        """Keep a bound if it is better than the best."""
        with self._lock:
            self.bound = max(self.bound, bound)
            self._end_when_proven()

    def refute(self, why: str) -> None:
        """There is no legal roster."""
        with self._lock:
            if not self.infeasible:
                self.remarks[:] = [why]
            self.infeasible = True
            self.over.set()

    def remark(self, what: str) -> None:
        """Keep, once, a sentence for whoever reads the answer; that there is no roster says it all."""
        with self._lock:
            if what not in self.remarks and not self.infeasible:
                self.remarks.append(what)

    def gap(self) -> float:
        """(penalty - bound) / penalty; 1 without a roster."""
        with self._lock:
            if self.penalty is None:
                return 1.0
            return max(0.0, (self.penalty - self.bound) / max(self.penalty, 1))

    def _keep(self, roster: Roster) -> None:
        penalty = penalty_of(self.instance, roster)
        if self.penalty is None or penalty < self.penalty:
            self.roster, self.penalty = roster, penalty
            if self._on_better is not None:
                self._on_better(penalty, roster)
            self._end_when_proven()

    def _end_when_proven(self) -> None:
        if self.penalty is not None and self.penalty <= self.bound:
            self.over.set()
