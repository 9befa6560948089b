"""Sets of time as disjoint ascending intervals, measured and compared for very many windows at once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

_EDGE = np.iinfo(np.int64).max // 4


@dataclass(frozen=True)
class Spans:
    """Disjoint intervals ``[start, end)``, ascending, that do not touch; shapes (S,)."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]

    @classmethod
    def merged(cls, start: NDArray[np.int64], end: NDArray[np.int64]) -> "Spans":
        """The union of intervals in any order; overlapping and touching ones become one."""
        if not len(start):
            return cls(start.astype(np.int64), end.astype(np.int64))
        if np.any(start[1:] < start[:-1]):
            order = np.argsort(start, kind="stable")
            start, end = start[order], end[order]
        reach = np.maximum.accumulate(end)
        first = np.flatnonzero(np.concatenate(([True], start[1:] > reach[:-1])))
        return cls(start[first], reach[np.append(first[1:] - 1, len(start) - 1)])

    def __len__(self) -> int:
        """Number of intervals."""
        return len(self.start)

    @cached_property
    def length(self) -> NDArray[np.int64]:
        """Length of each interval; shape (S,)."""
        return self.end - self.start

    @cached_property
    def _total(self) -> NDArray[np.int64]:
        return np.concatenate(([0], np.cumsum(self.length)))

    def before(self, instant: NDArray[np.int64]) -> NDArray[np.int64]:
        """How much of the set lies before each instant; the instants' shape."""
        if not len(self):
            return np.zeros(instant.shape, np.int64)
        begun = np.searchsorted(self.start, instant, side="right")
        last = np.maximum(begun - 1, 0)
        return self._total[begun] - np.where(begun > 0, np.maximum(self.end[last] - instant, 0), 0)

    def within(self, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
        """How much of the set lies in each window ``[start, end)``; shape of the windows."""
        return self.before(end) - self.before(start)

    def holds(self, instant: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each instant lies in the set."""
        at = np.searchsorted(self.start, instant, side="right") - 1
        if not len(self):
            return np.zeros(instant.shape, np.bool_)
        return (at >= 0) & (instant < self.end[np.maximum(at, 0)])

    def bridged(self, gap: NDArray[np.int64], of: NDArray[np.int64]) -> "Spans":
        """The intervals with short gaps between those of the same owner closed.

        Args:
            gap: the longest gap that is closed after each interval, shape (S,).
            of: the owner of each interval, shape (S,), ascending.
        """
        if not gap.any():
            return self
        apart = (self.start[1:] > (self.end + gap)[:-1]) | (of[1:] != of[:-1])
        first = np.flatnonzero(np.concatenate(([True], apart)))
        return Spans(self.start[first], self.end[np.append(first[1:] - 1, len(self) - 1)])

    @cached_property
    def gaps(self) -> "Spans":
        """What lies between, before and after the intervals."""
        edge = np.array([_EDGE], np.int64)
        return Spans(np.concatenate((-edge, self.end)), np.concatenate((self.start, edge)))

    def at_least(self, length: int) -> "Spans":
        """The intervals that are not shorter."""
        long = self.length >= length
        return Spans(self.start[long], self.end[long])

    def whole_units_within(
        self, start: NDArray[np.int64], end: NDArray[np.int64], unit: int
    ) -> NDArray[np.int64]:
        """For each window the sum of ``floor(length / unit)`` over the intervals clipped to it."""
        floors = np.concatenate(([0], np.cumsum(self.length // unit)))
        first = np.searchsorted(self.end, start, side="right")
        last = np.searchsorted(self.start, end, side="left") - 1
        inner = np.where(
            last > first, floors[np.maximum(last, 0)] - floors[np.minimum(first + 1, len(self))], 0
        )
        return (
            inner
            + self._clipped(first, last >= first, start, end) // unit
            + (self._clipped(last, last > first, start, end) // unit)
        )

    def longest_within(self, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each window the longest clipped interval, or any inner one that is whole; 0 without any.

        Exact where there is an interval and all are at least as long as what the caller asks about.
        """
        first = np.searchsorted(self.end, start, side="right")
        last = np.searchsorted(self.start, end, side="left") - 1
        edges = np.maximum(
            self._clipped(first, last >= first, start, end), self._clipped(last, last > first, start, end)
        )
        inner = last - first >= 2
        return np.where(inner, np.maximum(edges, self.length.min()), edges)

    def _clipped(
        self,
        index: NDArray[np.intp],
        there: NDArray[np.bool_],
        start: NDArray[np.int64],
        end: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        safe = np.clip(index, 0, len(self) - 1)
        return np.where(there, np.minimum(self.end[safe], end) - np.maximum(self.start[safe], start), 0)
