"""Who could learn what, and how many slots that would save: cross-training and named backups."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import Snapshot
from residency.resilience.losses import Losses
from residency.resilience.reassignment import Pattern
from residency.resilience.vacancies import sole_cells


@dataclass(frozen=True, slots=True)
class Training:
    """One person learning one service, and the slots that saves; ``person`` is None when nobody helps."""

    service: int
    person: int | None
    gain: int


@dataclass(frozen=True, slots=True)
class Backup:
    """A second person for slots that only one person holds.

    ``person`` is None when nobody is free; ``needs_training`` tells whether they lack the service's
    specialty or credential; ``gain`` of the ``slots`` fall into half-days in which they have nothing to do.
    """

    service: int
    slots: int
    person: int | None
    needs_training: bool
    gain: int


def training_gains(losses: Losses, lost: int) -> NDArray[np.int64]:
    """Slots that training would save while a person is away, for every service and person; shape (S, P).

    Counted over the half-days in which the lost person is essential. Their post is short then, and those who
    could be spared before still can: one person more for a service fills one slot more exactly where that
    person can be spared and the service, or one that its people can move on to, is short.
    """
    snapshot = losses.snapshot
    gains = np.zeros((len(snapshot.service_ids), snapshot.people), np.int64)
    essential = losses.reassignment.essential[lost]
    for pattern in losses.reassignment.patterns:
        for column in np.flatnonzero(essential[pattern.blocks]).tolist():
            _add_gains(losses, pattern, column, lost, gains)
    return gains


def _add_gains(losses: Losses, pattern: Pattern, column: int, lost: int, gains: NDArray[np.int64]) -> None:
    snapshot, block = losses.snapshot, int(pattern.blocks[column])
    posts = pattern.wanting(column, losses.reassignment.post[:, block], lost)
    spared = snapshot.available[:, block] & ~losses.reassignment.essential[:, block]
    helps = snapshot.trainable[pattern.year, posts] & spared
    services = snapshot.post_service[posts]
    for service in np.unique(services).tolist():
        gains[service] += helps[services == service].any(axis=0)


def best_training(losses: Losses, lost: int, rank: NDArray[np.intp]) -> Training | None:
    """The training that saves most while a person is away; None when nobody lacks only training.

    Args:
        losses: the single losses.
        lost: a person who is essential in some half-day.
        rank: shape (P,), the order of people's labels, which breaks ties.
    """
    snapshot = losses.snapshot
    gains = training_gains(losses, lost)
    able = np.flatnonzero(snapshot.trainable.any(axis=(0, 1)))
    if not len(able[able != lost]):
        return None
    by_label = np.argsort(rank)
    service, position = np.unravel_index(int(np.argmax(gains[:, by_label])), gains.shape)
    gain = int(gains[service, by_label[position]])
    return Training(int(service), int(by_label[position]) if gain else None, gain)


def idle(snapshot: Snapshot) -> NDArray[np.bool_]:
    """Available people without any assignment in the half-day, shape (P, B)."""
    free = snapshot.available.copy()
    free[snapshot.assignment_person, snapshot.assignment_block] = False
    return free


def best_backup(
    snapshot: Snapshot, person: int, free: NDArray[np.bool_], rank: NDArray[np.intp]
) -> Backup | None:
    """A backup for the service in which a person is most often the only one; None when they never are.

    People who are eligible already come before people who need training when both are free as often.
    """
    posts, blocks = sole_cells(snapshot, person)
    if not len(posts):
        return None
    services = snapshot.post_service[posts]
    service = int(np.bincount(services).argmax())
    posts, blocks = posts[services == service], blocks[services == service]
    years = snapshot.block_year[blocks]
    here = free[:, blocks].T
    trainable = (snapshot.trainable[years, posts] & here).sum(axis=0)
    gains = (snapshot.eligible[years, posts] & here).sum(axis=0) + trainable
    gains[person] = 0
    best = int(np.lexsort((rank, trainable > 0, -gains))[0])
    gain = int(gains[best])
    return Backup(service, len(posts), best if gain else None, bool(trainable[best]) and gain > 0, gain)


def best_second_supervisor(
    losses: Losses, lost: int, free: NDArray[np.bool_], rank: NDArray[np.intp]
) -> tuple[int | None, int]:
    """The faculty member idle in most half-days that a lost supervisor leaves short, and in how many."""
    snapshot, supervisors = losses.snapshot, losses.supervisors
    short = (supervisors.person == lost) & (supervisors.row_loss > 0)
    blocks = supervisors.cell[short] % supervisors.blocks
    may = snapshot.is_faculty & (snapshot.fte > 0)
    may[lost] = False
    gains = np.where(may, free[:, blocks].sum(axis=1), 0)
    best = int(np.lexsort((rank, -gains))[0])
    gain = int(gains[best])
    return (best if gain else None), gain
