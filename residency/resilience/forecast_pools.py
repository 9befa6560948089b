"""How many people could do each service's work in each half-day, with and without those who may be away."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Pools:
    """The services M that ask for somebody, shape (M, B) each; 0 people where nothing is asked for.

    ``available`` are distinct people who are eligible for some post of the service that is asked for in the
    half-day and are there; ``maybe`` the same of the second series. Whole numbers where nothing is estimated.
    """

    service: NDArray[np.int64]  # (M,)
    demanded: NDArray[np.float64]
    available: NDArray[np.float64]
    maybe: NDArray[np.float64]


def pools(
    snapshot: Snapshot,
    groups: NDArray[np.bool_],
    here: NDArray[np.float64],
    second: NDArray[np.bool_],
) -> Pools:
    """The pools of all services.

    People who are eligible for the same posts are told apart only by being there, so each kind of
    eligibility is counted once, by one product of matrices.

    Args:
        snapshot: the days ahead.
        groups: shape (2, P), the working faculty and the residents.
        here: shape (2, B), the share of each group's people that will be there of those entered as available.
        second: availability in the second series, shape (P, B).
    """
    wanted = np.unique(snapshot.post_service[snapshot.demand.any(axis=1)]).astype(np.int64)
    row_of = np.full(len(snapshot.service_ids), -1)
    row_of[wanted] = np.arange(len(wanted))
    shape = (len(wanted), snapshot.period.blocks)
    used = np.flatnonzero(row_of[snapshot.post_service] >= 0)
    demanded = np.zeros(shape)
    _add(demanded, row_of[snapshot.post_service[used]], snapshot.demand[used])
    found = [np.zeros(shape), np.zeros(shape)]
    same = bool(np.array_equal(second, snapshot.available))
    for year in range(len(snapshot.eligible)):
        blocks = np.flatnonzero(snapshot.block_year == year)
        asks = _asks(snapshot, year, blocks, row_of)
        for staff, available in zip(found, (snapshot.available, second), strict=True):
            if staff is found[1] and same:
                continue
            counts = _counts(asks.able, available[:, blocks], groups, here[:, blocks])
            here_asked = np.zeros((len(counts), snapshot.period.blocks))
            here_asked[:, blocks] = np.where(asks.blocks, counts, 0.0)
            _add(staff, asks.service, here_asked)
    return Pools(wanted, demanded, found[0], found[0] if same else found[1])


def _add(total: NDArray[np.float64], rows: NDArray[np.int64], values: NDArray[np.number]) -> None:
    """Add each row of values to its row of the total; most rows come once, which is quick."""
    once, first = np.unique(rows, return_index=True)
    total[once] += values[first]
    again = np.delete(np.arange(len(rows)), first)
    np.add.at(total, rows[again], values[again])


@dataclass(frozen=True, slots=True)
class _Asks:
    """Sets of a service's posts that are asked for together in the same half-days of one year.

    ``able`` (A, P): who is eligible for some post of the set; ``blocks`` (A, blocks of the year): when it is
    this set that is asked for; ``service`` (A,): rows of services.
    """

    able: NDArray[np.bool_]
    blocks: NDArray[np.bool_]
    service: NDArray[np.int64]


def _asks(snapshot: Snapshot, year: int, blocks: NDArray[np.int64], row_of: NDArray[np.int64]) -> _Asks:
    asked = snapshot.demand[:, blocks] > 0
    posts = np.flatnonzero(asked.any(axis=1))
    service = row_of[snapshot.post_service[posts]]
    alone = np.bincount(service, minlength=int(row_of.max(initial=-1)) + 1)[service] == 1
    able: list[NDArray[np.bool_]] = [snapshot.eligible[year, posts[alone]]]
    when: list[NDArray[np.bool_]] = [asked[posts[alone]]]
    rows = [service[alone]]
    for row in np.unique(service[~alone]).tolist():
        its = posts[service == row]
        sets, of_block = np.unique(asked[its], axis=1, return_inverse=True)
        for number, members in enumerate(sets.T):
            if members.any():
                some: NDArray[np.bool_] = np.logical_or.reduce(snapshot.eligible[year, its[members]], axis=0)
                able.append(some[None])
                when.append((of_block.ravel() == number)[None])
                rows.append(np.array([row]))
    return _Asks(np.concatenate(able), np.concatenate(when), np.concatenate(rows))


def _counts(
    able: NDArray[np.bool_],
    available: NDArray[np.bool_],
    groups: NDArray[np.bool_],
    here: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Expected people of each ask in each block, shape (A, blocks)."""
    packed = np.packbits(able, axis=1)
    kinds: dict[bytes, int] = {}
    kind = [kinds.setdefault(row.tobytes(), len(kinds)) for row in packed]
    first = np.zeros(len(kinds), np.int64)
    first[kind[::-1]] = np.arange(len(kind))[::-1]
    total = np.zeros((len(kinds), available.shape[1]))
    for group, share in zip(groups, here, strict=True):
        eligible = able[np.ix_(first, group)].astype(np.float32)
        total += (eligible @ available[group].astype(np.float32)) * share
    return total[kind]
