"""What differs between two versions' assignments, keyed by person and half-day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.calendar import Period
from residency.quality.rows import NONE, VersionRows

Index = NDArray[np.int64]
_EPOCH = np.datetime64("1970-01-01", "D")


@dataclass(frozen=True, slots=True)
class Coded:
    """The rows of one version on the days compared, in the order of their keys, under codes both share.

    ``person`` and ``service`` index the words common to both versions; ``half_day`` is ``2 x day + half``
    with days from 1970-01-01; ``override`` and ``cause`` are -1 without. Shapes (N,).
    """

    person: Index
    half_day: Index
    service: Index
    role: Index
    override: Index
    cause: Index


@dataclass(frozen=True, slots=True)
class Changes:
    """The differences between ``old`` and ``new``, whose rows these index.

    ``modified_old`` and ``modified_new`` are the same person's same half-day before and after: another
    service, role or override. ``people`` and ``services`` are the words behind the codes.
    """

    days: int
    people: tuple[str, ...]
    services: tuple[str, ...]
    old: Coded
    new: Coded
    added: Index
    removed: Index
    modified_old: Index
    modified_new: Index

    @property
    def count(self) -> int:
        """All changes: added, removed and modified."""
        return len(self.added) + len(self.removed) + len(self.modified_new)

    @property
    def churn(self) -> float:
        """Changes / the larger number of assignments; 0 when both versions are empty."""
        larger = max(len(self.old.person), len(self.new.person))
        return self.count / larger if larger else 0.0


def changes(old: VersionRows, new: VersionRows, period: Period) -> Changes:
    """Compare two versions over the days of a period that both cover."""
    compared = shared_days(old.extents, new.extents, period)
    people, services, overrides, causes = (
        tuple(dict.fromkeys([*one, *other]))
        for one, other in (
            (old.people, new.people),
            (old.services, new.services),
            (old.overrides, new.overrides),
            (old.causes, new.causes),
        )
    )
    words = (people, services, overrides, causes)
    before, after = (_coded(rows, words, period, compared) for rows in (old, new))
    keys = [each.half_day * len(people) + each.person for each in (before, after)]
    at = np.searchsorted(keys[0], keys[1])
    at_safe = np.minimum(at, len(keys[0]) - 1)
    both = keys[0][at_safe] == keys[1] if len(keys[0]) else np.zeros(len(keys[1]), np.bool_)
    new_rows = np.flatnonzero(both)
    old_rows = at[new_rows]
    gone = np.ones(len(keys[0]), np.bool_)
    gone[old_rows] = False
    differs = (
        (before.service[old_rows] != after.service[new_rows])
        | (before.role[old_rows] != after.role[new_rows])
        | (before.override[old_rows] != after.override[new_rows])
    )
    return Changes(
        days=int(compared.sum()),
        people=people,
        services=services,
        old=before,
        new=after,
        added=np.flatnonzero(~both),
        removed=np.flatnonzero(gone),
        modified_old=old_rows[differs],
        modified_new=new_rows[differs],
    )


def shared_days(one: Sequence[Period], other: Sequence[Period], period: Period) -> NDArray[np.bool_]:
    """Which days of a period both of two sets of extents hold; shape (days,)."""
    held = np.zeros((2, period.days), np.bool_)
    for row, extents in enumerate((one, other)):
        for extent in extents:
            first, last = ((day - period.start).days for day in (extent.start, extent.end))
            held[row, max(first, 0) : max(last, 0)] = True
    return held[0] & held[1]


def _coded(
    rows: VersionRows, words: tuple[tuple[str, ...], ...], period: Period, compared: NDArray[np.bool_]
) -> Coded:
    day = (rows.day - np.datetime64(period.start, "D")).astype(np.int64)
    inside = (day >= 0) & (day < period.days)
    inside[inside] = compared[day[inside]]
    rows = rows.take(inside)
    people, services, overrides, causes = words
    person = _recoded(rows.person, rows.people, people)
    half_day = 2 * (rows.day - _EPOCH).astype(np.int64) + rows.half
    order = np.argsort(half_day * len(people) + person, kind="stable")
    return Coded(
        person=person[order],
        half_day=half_day[order],
        service=_recoded(rows.service, rows.services, services)[order],
        role=rows.role.astype(np.int64)[order],
        override=_recoded(rows.override, rows.overrides, overrides)[order],
        cause=_recoded(rows.cause, rows.causes, causes)[order],
    )


def _recoded(column: NDArray[np.int32], words: Sequence[str], common: Sequence[str]) -> Index:
    """A column of codes of ``words`` as codes of ``common``; -1 stays."""
    position = {word: code for code, word in enumerate(common)}
    codes = np.array([*(position[word] for word in words), NONE], np.int64)
    return codes[column]
