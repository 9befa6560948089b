"""Filling half-days of all sample clinics at once: who is free, who has done least, who is picked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FREE = -1
PRIMARY, SUPERVISING = 0, 1


@dataclass(frozen=True, slots=True)
class Roster:
    """Where one group of people is in every half-day.

    Shapes: U clinics, N people of a clinic at most, D days, 2 halves.
    """

    service: NDArray[np.int16]  # (U, N, D, 2) the service's code, or FREE
    role: NDArray[np.int8]  # (U, N, D, 2)
    available: NDArray[np.bool_]  # (U, N, D) whether somebody is there and not known to be away

    @classmethod
    def empty(cls, available: NDArray[np.bool_]) -> "Roster":
        """Nobody assigned."""
        shape = (*available.shape, 2)
        return cls(np.full(shape, FREE, np.int16), np.zeros(shape, np.int8), available)

    def free(self, day: int, half: int) -> NDArray[np.bool_]:
        """Who is there and not assigned, shape (U, N)."""
        return self.available[:, :, day] & (self.service[:, :, day, half] == FREE)

    def count(self, service: int, day: int, half: int) -> NDArray[np.int64]:
        """How many hold a service, shape (U,)."""
        return (self.service[:, :, day, half] == service).sum(axis=1)

    def put(self, chosen: NDArray[np.bool_], service: int, day: int, half: int, role: int = PRIMARY) -> None:
        """Assign everybody chosen, shape (U, N)."""
        self.service[:, :, day, half][chosen] = service
        self.role[:, :, day, half][chosen] = role


def pick(
    score: NDArray[np.float64], allowed: NDArray[np.bool_], number: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """The people with the lowest scores in each clinic.

    Args:
        score: shape (U, N); ties go to the first.
        allowed: who may be picked, shape (U, N).
        number: how many each clinic wants, shape (U,).

    Returns:
        Shape (U, N); fewer where fewer are allowed.
    """
    masked = np.where(allowed, score, np.inf)
    order = np.argsort(masked, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(int(score.shape[1])), order.shape), axis=1)
    return allowed & (rank < number[:, None])
