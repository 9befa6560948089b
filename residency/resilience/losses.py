"""The three numbers of every single loss and of every pair, as arrays over people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import Snapshot
from residency.resilience.pairs import distinct, ranges
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

    a: NDArray[np.int32]
    b: NDArray[np.int32]
    numbers: NDArray[np.int32]  # (3, M) assigned gap, reassigned gap, supervision deficit
    joint: NDArray[np.int32]
    joint_only: NDArray[np.bool_]

    @property
    def fatal(self) -> NDArray[np.bool_]:
        """Pairs that leave a slot empty for good or a resident without an attending, shape (M,)."""
        return _fatal(self.numbers)


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

    Each number of a pair is the sum of its singles plus what the two cost together only. Pairs of two people
    who change nothing alone are looked at only where they meet: anywhere else they change nothing.

    Args:
        losses: the single losses.
        people: shape (n,), ascending indices of people.
        rank: shape (P,), the order of people's labels, which breaks ties.
    """
    parts = (
        losses.vacancies.joint(people),
        losses.reassignment.joint(people),
        losses.supervisors.joint(people),
    )
    singles = [
        single[people].astype(np.int32) for single in (losses.assigned, losses.reassigned, losses.supervision)
    ]
    keys = _candidates(np.any(np.array(singles) > 0, axis=0), [part.keys for part in parts])
    first, second = _decoded(keys, len(people))
    excess = [part.at(keys) for part in parts]
    numbers = np.stack(
        [single[first] + single[second] + beyond for single, beyond in zip(singles, excess, strict=True)]
    )
    joint = excess[1] + np.maximum(excess[2], 0)
    del keys, excess
    order = _worst_first(numbers, rank[people[first]], rank[people[second]])
    a, b = people.astype(np.int32)[first[order]], people.astype(np.int32)[second[order]]
    numbers = numbers[:, order]
    harmless = ~losses.critical[a] & ~losses.critical[b]
    return PairLosses(a, b, numbers, joint[order], harmless & _fatal(numbers))


def _fatal(numbers: NDArray[np.int32]) -> NDArray[np.bool_]:
    return (numbers[1] > 0) | (numbers[2] > 0)


def _decoded(keys: NDArray[np.int64], people: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The lesser and the greater number of each pair, of people numbered from 0."""
    lesser = keys // max(people, 1)
    return lesser.astype(np.int32), (keys - lesser * people).astype(np.int32)


def _candidates(alone: NDArray[np.bool_], meeting: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The pairs that can have a number above zero, as ascending keys (see :class:`PairSums`).

    Args:
        alone: shape (n,), who changes anything alone: every pair with them is one.
        meeting: keys of the pairs that cost anything beyond their singles.
    """
    people = len(alone)
    number = np.arange(people)
    hit = np.flatnonzero(alone)
    hit_later = np.searchsorted(hit, number, "right")
    start = np.where(alone, number + 1, people + hit_later)
    count = np.where(alone, people - 1 - number, len(hit) - hit_later)
    keys = np.concatenate([number, hit])[ranges(start, count)]
    keys += np.repeat(number * people, count)
    met = distinct(np.concatenate(meeting))
    lesser, greater = _decoded(met, people)
    unseen = met[~(alone[lesser] | alone[greater])]
    return np.sort(np.concatenate([keys, unseen])) if len(unseen) else keys


def _worst_first(
    numbers: NDArray[np.int32], rank_a: NDArray[np.intp], rank_b: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The rows with a number above 0: fatal ones first, then by what is left undone, then by label."""
    shown = np.flatnonzero(_fatal(numbers) | (numbers[0] > 0))
    assigned, reassigned, supervision = numbers[:, shown]
    harmless = (~_fatal(numbers[:, shown])).astype(np.int32)
    columns = (harmless, -reassigned, -supervision, -assigned, rank_a[shown], rank_b[shown])
    key, room = np.zeros(len(shown), np.int64), 1
    for column in columns:
        least = int(column.min(initial=0))
        span = int(column.max(initial=0)) - least + 1
        room *= span
        key *= span
        key += column
        key -= least
    if room > np.iinfo(np.int64).max:
        return shown[np.lexsort(columns[::-1])]
    return shown[np.argsort(key)]
