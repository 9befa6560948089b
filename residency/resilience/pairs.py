"""Counting how often two people appear together in sets of people, for all pairs at once."""

import numpy as np
from numpy.typing import NDArray

_CHUNK_ROWS = 4096


def joint_counts(
    members: NDArray[np.bool_],
    weights: NDArray[np.int64] | None = None,
    others: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """The (weighted) number of sets that hold person i and person j.

    Args:
        members: shape (sets, people), who belongs to which set.
        weights: shape (sets,), what a set counts; 1 each by default.
        others: shape (sets, people), the sets that j is looked up in; ``members`` by default.

    Returns:
        Shape (people, people). A matrix product in chunks; doubles hold every count exactly.
    """
    others = members if others is None else others
    counts = np.zeros((members.shape[1], others.shape[1]), np.float64)
    for first in range(0, len(members), _CHUNK_ROWS):
        rows = slice(first, first + _CHUNK_ROWS)
        left = members[rows].astype(np.float64)
        if weights is not None:
            left *= weights[rows, None]
        counts += left.T @ others[rows].astype(np.float64)
    return counts.astype(np.int64)
