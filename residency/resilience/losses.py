"""The three numbers of every single loss and of every pair, as arrays over people."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import Snapshot
from residency.resilience.reassignment import ReassignmentLosses, reassignment_losses
from residency.resilience.supervision import SupervisionLosses, supervision_losses
from residency.resilience.vacancies import VacancyLosses, vacancy_losses


@dataclass(frozen=True, slots=True)
class Losses:
    """What the loss of each person does, as increases over the base; shape (P,) each."""

    snapshot: Snapshot
    vacancies: VacancyLosses
    reassignment: ReassignmentLosses
    supervisors: SupervisionLosses
    assigned: NDArray[np.int64]
    reassigned: NDArray[np.int64]
    supervision: NDArray[np.int64]

    @property
    def critical(self) -> NDArray[np.bool_]:
        """People whose loss leaves a slot empty for good or a resident without an attending, shape (P,)."""
        return (self.reassigned > 0) | (self.supervision > 0)


@dataclass(frozen=True, slots=True)
class PairLosses:
    """The pairs with any number above zero, worst first; shape (M,) each.

    ``joint`` is what the pair costs in slots after reassignment and in attendings beyond its two singles.
    ``joint_only`` marks fatal pairs of two harmless people.
    """

    a: NDArray[np.intp]
    b: NDArray[np.intp]
    assigned: NDArray[np.int64]
    reassigned: NDArray[np.int64]
    supervision: NDArray[np.int64]
    joint: NDArray[np.int64]
    joint_only: NDArray[np.bool_]

    @property
    def fatal(self) -> NDArray[np.bool_]:
        """Pairs that leave a slot empty for good or a resident without an attending, shape (M,)."""
        return (self.reassigned > 0) | (self.supervision > 0)


def single_losses(snapshot: Snapshot, progress: Callable[[float], None] | None = None) -> Losses:
    """The losses of every person; ``progress`` is told the share done, 0..1."""
    vacancies = vacancy_losses(snapshot)
    supervision = supervision_losses(snapshot)
    reassignment = reassignment_losses(snapshot, progress)
    return Losses(
        snapshot=snapshot,
        vacancies=vacancies,
        reassignment=reassignment,
        supervisors=supervision,
        assigned=vacancies.single,
        reassigned=reassignment.single,
        supervision=supervision.single(snapshot.people),
    )


def pair_losses(losses: Losses, people: NDArray[np.intp], rank: NDArray[np.intp]) -> PairLosses:
    """Every unordered pair of the given people, none screened out by its singles.

    Each number of a pair is the sum of its singles plus what the two cost together only.

    Args:
        losses: the single losses.
        people: shape (n,), ascending indices of people.
        rank: shape (P,), the order of people's labels, which breaks ties.
    """
    row, column = np.triu_indices(len(people), 1)
    a, b = people[row], people[column]
    vacancies = losses.vacancies.joint(people)[row, column]
    reassignment = losses.reassignment.joint(people)[row, column]
    supervision = losses.supervisors.joint(people)[row, column]
    assigned = losses.assigned[a] + losses.assigned[b] + vacancies
    reassigned = losses.reassigned[a] + losses.reassigned[b] + reassignment
    supervised = losses.supervision[a] + losses.supervision[b] + supervision
    fatal = (reassigned > 0) | (supervised > 0)
    joint_only = fatal & ~losses.critical[a] & ~losses.critical[b]
    order = np.lexsort((rank[b], rank[a], -assigned, -supervised, -reassigned, ~fatal))
    order = order[(fatal | (assigned > 0))[order]]
    return PairLosses(
        a=a[order],
        b=b[order],
        assigned=assigned[order],
        reassigned=reassigned[order],
        supervision=supervised[order],
        joint=(reassignment + np.maximum(supervision, 0))[order],
        joint_only=joint_only[order],
    )
