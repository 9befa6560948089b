"""Filled against required slots: overall, by service, and by weekday, half and role."""

import numpy as np
from numpy.typing import NDArray

from residency.program.calendar import HALVES
from residency.program.records import ROLES
from residency.program.snapshot import Snapshot
from residency.quality.results import Coverage, ServiceCoverage, SlotCoverage
from residency.quality.status import COVERAGE_MARKS, label_of

_SLOTS_A_WEEK = 14


def coverage(snapshot: Snapshot) -> Coverage:
    """How much of the demand is filled; a slot is filled by an eligible person who is available."""
    required = snapshot.demand.sum(axis=1, dtype=np.int64)
    filled = snapshot.filled.sum(axis=1, dtype=np.int64)
    overall = _share(int(filled.sum()), int(required.sum()))
    return Coverage(
        required=int(required.sum()),
        filled=int(filled.sum()),
        overall=overall,
        status=label_of(overall, COVERAGE_MARKS),
        by_service=_by_service(snapshot, required, filled),
        by_slot=_by_slot(snapshot),
    )


def _share(filled: int, required: int) -> float | None:
    return filled / required if required else None


def _by_service(
    snapshot: Snapshot, required: NDArray[np.int64], filled: NDArray[np.int64]
) -> tuple[ServiceCoverage, ...]:
    """Every service that some coverage requirement names, in the order of the services."""
    rows: list[ServiceCoverage] = []
    services: list[int] = np.unique(snapshot.post_service).tolist()
    for service in services:
        posts = snapshot.post_service == service
        wanted, held = int(required[posts].sum()), int(filled[posts].sum())
        share = _share(held, wanted)
        rows.append(
            ServiceCoverage(
                service=snapshot.service_ids[service],
                name=snapshot.service_names[service],
                required=wanted,
                filled=held,
                coverage=share,
                status=label_of(share, COVERAGE_MARKS),
            )
        )
    return tuple(rows)


def _by_slot(snapshot: Snapshot) -> tuple[SlotCoverage, ...]:
    """Weekday, half and role together; by weekday from Monday, AM first, roles in their own order."""
    first = 2 * snapshot.period.start.weekday()
    slot = (first + np.arange(snapshot.period.blocks)) % _SLOTS_A_WEEK
    rows: list[SlotCoverage] = []
    required = np.zeros((len(ROLES), _SLOTS_A_WEEK), np.int64)
    filled = np.zeros_like(required)
    for role in range(len(ROLES)):
        posts = snapshot.post_role == role
        np.add.at(required[role], slot, snapshot.demand[posts].sum(axis=0, dtype=np.int64))
        np.add.at(filled[role], slot, snapshot.filled[posts].sum(axis=0, dtype=np.int64))
    for place in range(_SLOTS_A_WEEK):
        for role, name in enumerate(ROLES):
            wanted, held = int(required[role, place]), int(filled[role, place])
            if wanted:
                rows.append(
                    SlotCoverage(
                        weekday=place // 2,
                        half=HALVES[place % 2],
                        role=name,
                        required=wanted,
                        filled=held,
                        coverage=held / wanted,
                    )
                )
    return tuple(rows)
