"""How many people each post needs in each half-day, after dated exceptions and the day's intent."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from residency.program.calendar import HALVES, CalendarDay, Period
from residency.program.records import ROLE_CODES, CoverageRequirement, Service
from residency.program.vocabulary import (
    DAY_TYPE_INTENT,
    FULL_DEMAND_KINDS,
    INTENT_DEMAND_QUARTERS,
)


def intent_quarters(period: Period, calendar: Sequence[CalendarDay]) -> NDArray[np.int16]:
    """The demand multiplier of every block in exact quarters (4 = full demand), shape (blocks,)."""
    quarters = np.full(period.blocks, 4, np.int16)
    for entry in calendar:
        if entry.day in period:
            block = 2 * (entry.day - period.start).days
            quarters[block : block + 2] = INTENT_DEMAND_QUARTERS[DAY_TYPE_INTENT[entry.day_type]]
    return quarters


def posts_and_demand(
    period: Period,
    services: Sequence[Service],
    index: Mapping[str, int],
    coverage: Sequence[CoverageRequirement],
    calendar: Sequence[CalendarDay],
) -> tuple[NDArray[np.int32], NDArray[np.int8], NDArray[np.int16]]:
    """The posts of a program and their demand.

    A post is a (service, role) that some coverage requirement names. Demand is the minimum times the day's
    multiplier, rounded up; inpatient, night-float and call demand keep the full minimum. Weekly rows of one
    service, half, role and weekday with overlapping validity do not add up: the larger minimum counts.

    Returns:
        post_service: shape (posts,), indices into ``services``, ascending by (service, role).
        post_role: shape (posts,), codes of :data:`~residency.program.records.ROLE_CODES`.
        demand: shape (posts, blocks), required slots.
    """
    keys = sorted({(index[row.service], ROLE_CODES[row.role]) for row in coverage})
    row_of = {key: row for row, key in enumerate(keys)}
    minimum = np.zeros((len(keys), period.blocks), np.int16)
    weekdays = (np.arange(period.days) + period.start.weekday()) % 7
    for row in coverage:
        if row.weekday is not None:
            line = minimum[row_of[index[row.service], ROLE_CODES[row.role]], HALVES.index(row.half) :: 2]
            valid = (weekdays == row.weekday) & _validity(period, row.valid_from, row.valid_to)
            np.maximum(line, row.minimum, out=line, where=valid)
    for row in coverage:
        if row.day is not None and row.day in period:
            block = 2 * (row.day - period.start).days + HALVES.index(row.half)
            minimum[row_of[index[row.service], ROLE_CODES[row.role]], block] = row.minimum
    quarters = np.broadcast_to(intent_quarters(period, calendar), minimum.shape).copy()
    full = np.array([services[service].kind in FULL_DEMAND_KINDS for service, _ in keys], np.bool_)
    quarters[full] = 4
    demand = -(-minimum * quarters // 4)
    post_service = np.array([service for service, _ in keys], np.int32)
    post_role = np.array([role for _, role in keys], np.int8)
    return post_service, post_role, demand.astype(np.int16)


def _validity(period: Period, valid_from: date | None, valid_to: date | None) -> NDArray[np.bool_]:
    valid = np.ones(period.days, np.bool_)
    if valid_from is not None:
        valid[: max((valid_from - period.start).days, 0)] = False
    if valid_to is not None:
        valid[max((valid_to - period.start).days + 1, 0) :] = False
    return valid
