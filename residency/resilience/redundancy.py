"""How many people could fill each service in each half-day, and how many of them are to spare."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import Snapshot

Redundancy = Literal["N+2", "N+1", "N+0", "BELOW"]


@dataclass(frozen=True, slots=True)
class ServicePool:
    """One service with some demand in the period; shape (blocks,) each.

    ``staff`` are the available people eligible for some post of the service that is demanded in the block (0
    where nothing is). ``spare`` is how many of them are left beyond the demand, and means nothing where
    nothing is required.
    """

    service: int
    required: NDArray[np.int64]
    filled: NDArray[np.int64]
    staff: NDArray[np.int64]
    spare: NDArray[np.int64]


def service_pools(snapshot: Snapshot) -> tuple[ServicePool, ...]:
    """The pools of all services that require somebody in the period, in the program's order."""
    present = np.ascontiguousarray(snapshot.available.T)
    wanted = np.unique(snapshot.post_service[snapshot.demand.any(axis=1)])
    return tuple(_pool(snapshot, present, int(service)) for service in wanted)


def _pool(snapshot: Snapshot, present: NDArray[np.bool_], service: int) -> ServicePool:
    """One service's pool; ``present`` is availability as (blocks, people).

    A service may ask for a primary and a supervising person at once. Its margin is the least of the margins
    of its posts and of the service as a whole, because a crowd of residents is no spare attending.
    """
    posts = np.flatnonzero(snapshot.post_service == service)
    demand = snapshot.demand[posts].astype(np.int64)
    required = demand.sum(axis=0)
    anybody = np.zeros(present.shape, np.bool_)
    spare = np.full(required.shape, np.iinfo(np.int64).max)
    for post, slots in zip(posts, demand, strict=True):
        asked = slots > 0
        able = snapshot.eligible[snapshot.block_year, post] & present & asked[:, None]
        anybody |= able
        np.minimum(spare, able.sum(axis=1) - slots, out=spare, where=asked)
    staff = anybody.sum(axis=1)
    np.minimum(spare, staff - required, out=spare)
    filled = snapshot.filled[posts].sum(axis=0, dtype=np.int64)
    return ServicePool(service, required, filled, staff, spare)


def redundancy(margin: int) -> Redundancy:
    """The word for the worst half-day's margin: how many losses the service bears."""
    if margin < 0:
        return "BELOW"
    return ("N+0", "N+1", "N+2")[min(margin, 2)]
