"""How far a change spreads: the people it draws in, found as the parts of a graph of people."""

import numpy as np
from numpy.typing import NDArray

from residency.program.records import ROLES
from residency.quality.changes import Changes, Coded, Index
from residency.quality.rows import NONE


def ripple(changes: Changes) -> float:
    """Other people changed in the same change set, for each primary change; 0 without primary changes.

    A primary change leaves a row that carries a cause. Two people belong to one change set when changes of
    both carry the same cause, or when one takes what the other gives up: the same service and role in the
    same half-day. The others of a change set are all its people but the one with whom it began.
    """
    touched = np.concatenate([changes.added, changes.modified_new])
    cause = changes.new.cause[touched]
    primary = cause != NONE
    if not primary.any():
        return 0.0
    whose = changes.new.person[touched]
    by_cause = (whose[primary], cause[primary])
    given = _slots(changes, changes.old, np.concatenate([changes.removed, changes.modified_old]))
    taken = _slots(changes, changes.new, touched)
    passed_on = np.intersect1d(given[1], taken[1])
    by_slot = tuple(
        np.concatenate([given[side][np.isin(given[1], passed_on)], taken[side][np.isin(taken[1], passed_on)]])
        for side in (0, 1)
    )
    # Causes and slots are numbered apart, so that no cause is taken for a slot.
    group = np.unique(np.concatenate([by_cause[1], by_slot[1] + cause.max() + 1]), return_inverse=True)[1]
    labels = _parts(len(changes.people), np.concatenate([by_cause[0], by_slot[0]]), group)
    sets = np.unique(labels[whose[primary]])
    changed = np.unique(np.concatenate([whose, changes.old.person[changes.removed]]))
    drawn_in = np.isin(labels[changed], sets).sum()
    return float((drawn_in - len(sets)) / primary.sum())


def _slots(changes: Changes, coded: Coded, rows: Index) -> tuple[Index, Index]:
    """Who stands in some rows, and the number of each row's half-day, service and role together."""
    number = coded.half_day[rows] * len(changes.services) + coded.service[rows]
    return coded.person[rows], number * len(ROLES) + coded.role[rows]


def _parts(people: int, person: Index, group: NDArray[np.intp]) -> Index:
    """The connected parts of people who share groups: the least person of each one's part; shape (people,).

    Labels spread from groups to people and back, and each label follows its own, until nothing moves.
    """
    label = np.arange(people)
    while True:
        least = np.full(int(group.max()) + 1, people)
        np.minimum.at(least, group, label[person])
        spread = label.copy()
        np.minimum.at(spread, person, least[group])
        spread = np.minimum(spread, spread[spread])
        if np.array_equal(spread, label):
            return label
        label = spread
