"""How much of the faculty is used: demanded and available half-days, levels, buffer, and M/M/c waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import SUPERVISING, Snapshot
from residency.resilience.results import UtilizationLevel

LEVEL_FLOORS = (
    (95, UtilizationLevel.BLACK),
    (90, UtilizationLevel.RED),
    (80, UtilizationLevel.ORANGE),
    (70, UtilizationLevel.YELLOW),
)
"""Least percent of each level, hardest first; below the last it is GREEN."""

_USABLE_TENTHS = 8  # the buffer keeps a fifth of the faculty's time out of the plan


@dataclass(frozen=True, slots=True)
class FacultyLoad:
    """Half-days of faculty work, shape (blocks,) each."""

    demanded: NDArray[np.int64]
    available: NDArray[np.int64]


def faculty_load(snapshot: Snapshot) -> FacultyLoad:
    """Demanded and available faculty half-days of every block.

    Demanded are (a) the slots of supervising posts and of posts that no resident is eligible for, whether or
    not anybody fills them; (b) of posts that residents and faculty may both fill, the slots that counted
    assignments of residents leave open; (c) attendings that residents' units require in a location, as far as
    they exceed the supervising slots already demanded there. Posts that only residents are eligible for ask
    nothing of the faculty. Available is every faculty member with an FTE above 0 in every half-day, weekends
    included, unless absent, in recovery, or resting after call.
    """
    working = snapshot.is_faculty & (snapshot.fte > 0)
    demanded = slots_for_faculty(snapshot).sum(axis=0) + derived_supervision(snapshot).sum(axis=0)
    return FacultyLoad(
        demanded=demanded.astype(np.int64),
        available=snapshot.available[working].sum(axis=0, dtype=np.int64),
    )


def slots_for_faculty(snapshot: Snapshot) -> NDArray[np.int64]:
    """Slots that fall to the faculty, shape (posts, blocks)."""
    may_resident = _somebody(snapshot, snapshot.is_resident)
    may_faculty = _somebody(snapshot, snapshot.is_faculty)
    counted = snapshot.assignment_counts & snapshot.is_resident[snapshot.assignment_person]
    residents = np.zeros(snapshot.demand.shape, np.int64)
    np.add.at(residents, (snapshot.assignment_post[counted], snapshot.assignment_block[counted]), 1)
    demand = snapshot.demand.astype(np.int64)
    left_open = np.where(may_faculty, np.maximum(demand - residents, 0), 0)
    supervising = (snapshot.post_role == SUPERVISING)[:, None]
    return np.where(supervising | ~may_resident, demand, left_open)


def _somebody(snapshot: Snapshot, people: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether some of the people are eligible for a post in a block, shape (posts, blocks)."""
    eligible = np.any(snapshot.eligible[:, :, people], axis=2)
    return np.swapaxes(eligible[snapshot.block_year], 0, 1)


def derived_supervision(snapshot: Snapshot) -> NDArray[np.int64]:
    """Attendings required beyond the supervising slots demanded in the location, shape (L, blocks)."""
    return np.maximum(snapshot.supervision_required - supervising_slots(snapshot), 0)


def supervising_slots(snapshot: Snapshot) -> NDArray[np.int64]:
    """Slots of supervising posts demanded in each location, shape (L, blocks)."""
    explicit = np.zeros(snapshot.supervision_required.shape, np.int64)
    supervising = snapshot.post_role == SUPERVISING
    np.add.at(explicit, snapshot.post_location[supervising], snapshot.demand[supervising])
    return explicit


def utilization(snapshot: Snapshot) -> float:
    """Demanded over available faculty half-days of the whole period; above 1 when there is too much work."""
    load = faculty_load(snapshot)
    return float(ratio(int(load.demanded.sum()), int(load.available.sum())))


def ratio(demanded: int, available: int) -> Fraction:
    """Utilization, exactly: with nobody available 1 when anything is demanded, else 0."""
    if available == 0:
        return Fraction(1 if demanded else 0)
    return Fraction(demanded, available)


def level(used: Fraction) -> UtilizationLevel:
    """The level of an exact utilization: .70 is already YELLOW, .95 already BLACK."""
    for percent, name in LEVEL_FLOORS:
        if 100 * used >= percent:
            return name
    return UtilizationLevel.GREEN


def buffer(demanded: int, available: int) -> Fraction:
    """Share of the available half-days that is still free below the 80 % mark; 0 with nobody available."""
    if available == 0:
        return Fraction(0)
    return Fraction(max(0, _USABLE_TENTHS * available // 10 - demanded), available)


def mean_waits(utilizations: Sequence[Fraction], pool_sizes: Sequence[Fraction]) -> tuple[float | None, ...]:
    """The mean wait of M/M/c queues in service times, Erlang C / (c (1 - u)); None when u >= 1.

    A level alone misleads: at u = .8 work waits 4.0 service times for one person, 0.55 for five and 0.064 for
    twenty.

    Args:
        utilizations: u of each pool.
        pool_sizes: mean number of people in each pool; c is the nearest whole number, at least 1.
    """
    servers = np.array([max(1, int(size + Fraction(1, 2))) for size in pool_sizes], np.int64)
    open_pools = np.array([u < 1 for u in utilizations], np.bool_)
    idle = np.array([float(1 - u) if u < 1 else 1.0 for u in utilizations], np.float64)
    offered = (1.0 - idle) * servers
    blocking = np.ones(len(servers), np.float64)  # Erlang B by its recursion over the number of servers
    for count in range(1, int(servers.max(initial=0)) + 1):
        step = offered * blocking / (count + offered * blocking)
        blocking = np.where(count <= servers, step, blocking)
    queueing = blocking / (idle + (1.0 - idle) * blocking)
    waits = queueing / (servers * idle)
    return tuple(float(wait) if is_open else None for wait, is_open in zip(waits, open_pools, strict=True))
