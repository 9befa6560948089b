"""Sums over pairs of people who meet in the same places, at the cost of the meetings and not of all pairs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CHUNK = 1 << 21
"""Meetings that are spelled out at once."""

_CROWDED = 400
"""A place is crowded when one in so many of all pairs meet there: multiplying matrices is then faster."""

_ROWS = 1024


@dataclass(frozen=True, slots=True)
class PairSums:
    """The pairs whose sum is not 0, of ``people`` people numbered from 0; shape (M,) each.

    ``keys`` are ascending: the lesser number times ``people`` plus the greater number.
    """

    people: int
    keys: NDArray[np.int64]
    values: NDArray[np.int64]

    def at(self, keys: NDArray[np.int64]) -> NDArray[np.int32]:
        """The sums of ascending pairs among which are all of these, 0 for the others; shape as ``keys``."""
        found = np.zeros(len(keys), np.int32)
        found[np.searchsorted(keys, self.keys)] = self.values
        return found


@dataclass(frozen=True, slots=True)
class Attendance:
    """Who is where: one row for each person in each place, by place ascending; shape (N,) each."""

    person: NDArray[np.int64]
    place: NDArray[np.int64]

    @classmethod
    def of(cls, person: NDArray[np.integer], place: NDArray[np.integer]) -> "Attendance":
        """Rows in any order."""
        order = np.argsort(place, kind="stable")
        return cls(person[order].astype(np.int64), place[order].astype(np.int64))

    def among(self, people: NDArray[np.intp]) -> "Attendance":
        """The rows of some people, numbered by their position in the ascending ``people``."""
        number = np.searchsorted(people, self.person)
        known = number < len(people)
        known[known] = people[number[known]] == self.person[known]
        return Attendance(number[known], self.place[known])

    def sizes(self, places: int) -> NDArray[np.int64]:
        """How many people are in each place, shape (places,)."""
        return np.bincount(self.place, minlength=places)

    def only(self, places: NDArray[np.bool_]) -> "Attendance":
        """The rows of the marked places."""
        rows = places[self.place]
        return Attendance(self.person[rows], self.place[rows])

    def matrix(self, places: NDArray[np.intp], people: int) -> NDArray[np.float32]:
        """Who is in the given ascending places, shape (places, people)."""
        here = np.isin(self.place, places)
        members = np.zeros((len(places), people), np.float32)
        members[np.searchsorted(places, self.place[here]), self.person[here]] = 1
        return members


class PairCounter:
    """Adds up what pairs of people do in the places where they meet.

    Args:
        people: how many people there are, numbered from 0.
    """

    def __init__(self, people: int) -> None:
        self._people = people
        self._table: NDArray[np.float64] | None = None
        self._sparse: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []

    def add_within(self, who: Attendance, weight: NDArray[np.int64]) -> None:
        """Add a place's weight, shape (places,), to every pair of people who are in it."""
        sizes = who.sizes(len(weight))
        crowded = _CROWDED * (sizes * (sizes - 1) // 2) > self._people**2
        for table, weighed, here in self._crowds(who, weight, crowded):
            table += np.triu(weighed.T @ here, 1).reshape(-1)
        wanted = ~crowded & (weight != 0)
        rows = who.only(wanted)
        end = np.cumsum(sizes * wanted)
        after = np.arange(1, len(rows.place) + 1)
        self._spell_out(rows, rows, weight, after, end[rows.place] - after)

    def add_between(self, left: Attendance, right: Attendance, weight: NDArray[np.int64]) -> None:
        """Add a place's weight to every pair of one on the left and one on the right in it."""
        sizes = right.sizes(len(weight))
        crowded = _CROWDED * left.sizes(len(weight)) * sizes > self._people**2
        for table, weighed, here in self._crowds(left, weight, crowded, right):
            product = weighed.T @ here
            table += np.triu(product + product.T, 1).reshape(-1)
        wanted = ~crowded & (weight != 0)
        rows = left.only(wanted)
        end = np.cumsum(sizes * wanted)
        self._spell_out(rows, right.only(wanted), weight, (end - sizes)[rows.place], sizes[rows.place])

    def sums(self) -> PairSums:
        """Everything added so far."""
        if self._table is not None:
            keys = np.flatnonzero(self._table)
            self._sparse.append((keys, self._table[keys].astype(np.int64)))
            self._table = None
        keys, values = _merged(self._sparse)
        self._sparse = [(keys, values)]
        return PairSums(self._people, keys, values)

    def _crowds(
        self,
        left: Attendance,
        weight: NDArray[np.int64],
        crowded: NDArray[np.bool_],
        right: Attendance | None = None,
    ) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.float32]]]:
        """The table, and who is in some crowded places: weighed on the left, shape (places, people) each.

        Single precision holds every whole number up to 2 ** 24.
        """
        places = np.flatnonzero(crowded & (weight != 0))
        for first in range(0, len(places), _ROWS):
            here = places[first : first + _ROWS]
            members = left.matrix(here, self._people)
            others = members if right is None else right.matrix(here, self._people)
            yield self._whole_table(), members * weight[here, None].astype(np.float32), others

    def _spell_out(
        self,
        left: Attendance,
        right: Attendance,
        weight: NDArray[np.int64],
        first: NDArray[np.int64],
        count: NDArray[np.int64],
    ) -> None:
        """Each left row with ``count`` right rows from ``first`` on."""
        if 4 * int(count.sum()) > self._people**2:
            self._whole_table()
        for rows in _chunks(count):
            row: NDArray[np.int64] = np.repeat(np.arange(rows.start, rows.stop), count[rows])
            a, b = left.person[row], right.person[ranges(first[rows], count[rows])]
            keys = np.minimum(a, b) * self._people + np.maximum(a, b)
            values = weight[left.place[row]]
            if self._table is None:
                self._sparse.append(_merged([(keys, values)]))
            else:
                self._table += np.bincount(keys, values, len(self._table))

    def _whole_table(self) -> NDArray[np.float64]:
        if self._table is None:
            self._table = np.zeros(self._people**2, np.float64)
        return self._table


def _chunks(count: NDArray[np.int64]) -> "Iterator[slice[int, int, None]]":
    """Slices of rows with about ``_CHUNK`` meetings each."""
    upto = np.cumsum(count)
    start = 0
    while start < len(count):
        before = int(upto[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(upto, before + _CHUNK, "right")))
        yield slice(start, stop)
        start = stop


def ranges(first: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """``first[i], first[i] + 1, ...``, ``count[i]`` of them, for one i after the other."""
    before = np.cumsum(count) - count
    return np.arange(int(count.sum())) + np.repeat(first - before, count)


def distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The distinct values, ascending; NumPy's own function takes long to import what it needs."""
    ordered = np.sort(values)
    return ordered[np.diff(ordered, prepend=ordered[:1] - 1) > 0]


def _merged(
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ascending keys with the sums of their values, those that are not 0."""
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    keys = np.concatenate([part[0] for part in parts])
    values = np.concatenate([part[1] for part in parts])
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else order
    sums = np.add.reduceat(values[order], starts) if len(keys) else values
    kept = sums != 0
    return keys[starts][kept], sums[kept]
