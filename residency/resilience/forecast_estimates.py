"""What is expected of days that no published schedule speaks for, from days for which one does."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import Snapshot
from residency.resilience.forecast_away import HERE, Away
from residency.resilience.forecast_inputs import ForecastInputs
from residency.resilience.utilization import slots_for_faculty, supervising_slots

_SLOTS = 14
"""Half-days of a week."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Expected values of the B half-days ahead, as far as no schedule speaks for them.

    Attributes:
        demanded: shape (B,), half-days of faculty work, supervision included.
        supervision: shape (B,), the part of it that residents' work causes beyond supervising posts.
        absent: shape (B,), faculty away.
        entered: shape (B,), faculty of whose absence something is entered.
        resting: shape (B,), faculty resting after call or given leave by the schedule.
        here: shape (2, B), of the faculty, and of the residents, whom nothing entered keeps away, the share
            that will be there.
        reference_days: how many days of published schedules the estimates rest on.
    """

    demanded: NDArray[np.float64]
    supervision: NDArray[np.float64]
    absent: NDArray[np.float64]
    entered: NDArray[np.int64]
    resting: NDArray[np.float64]
    here: NDArray[np.float64]
    reference_days: int


def estimate(inputs: ForecastInputs, away: Away, groups: NDArray[np.bool_]) -> Estimates:
    """The expected values of all days ahead, each from what was usual on its weekday and half.

    Reference are the known days without a special day type, those of the weeks before and those ahead.
    Demand by posts is known, and the share of it that residents leave to the faculty is the usual one.
    Supervision is the usual one of the location, times the day's multiplier, times the change in first-year
    and further residents since. Absences that began before today are known; those that begin from today on
    are as many as are entered or as usually begin within so many days, whichever is more. The share of those
    present who rest after call is the usual one.

    Args:
        inputs: at least one known day.
        away: who is away.
        groups: shape (2, P), the working faculty and the residents.
    """
    reference = _Reference.of(inputs)
    work = _posts(inputs, reference).sum(axis=0)
    supervision = _supervision(inputs, reference).sum(axis=0)
    absent, rests = _absent(inputs, away, groups), _resting_share(inputs, away, groups, reference)
    history = inputs.past.period.blocks
    active = np.stack([inputs.active[group].sum(axis=0) for group in groups])[:, history:]
    entered = np.stack([(away.kind[group] != HERE).sum(axis=0) for group in groups])[:, history:]
    left = active - absent
    return Estimates(
        demanded=work + supervision,
        supervision=supervision,
        absent=absent[0],
        entered=entered[0],
        resting=left[0] * rests[0],
        here=_ratio(left, active - entered, 0.0) * (1 - rests),
        reference_days=len(reference.blocks) // 2,
    )


@dataclass(frozen=True, slots=True)
class _Reference:
    """Known half-days R of history and horizon together, and how they weigh for each half-day of a week.

    ``weights`` has shape (R, 14) and columns that sum to 1: the half-days of the same weekday and half, or of
    the same half where there are none of the weekday. ``slot`` has shape (B,).
    """

    blocks: NDArray[np.intp]
    weights: NDArray[np.float64]
    slot: NDArray[np.int64]

    @classmethod
    def of(cls, inputs: ForecastInputs) -> "_Reference":
        known = np.concatenate([inputs.past_known, inputs.ahead_known])
        ordinary = known & (inputs.quarters == 4)
        blocks = np.flatnonzero(ordinary if ordinary.any() else known)
        slot = (2 * inputs.past.period.start.weekday() + np.arange(len(known))) % _SLOTS
        weights = np.zeros((len(blocks), _SLOTS))
        weights[np.arange(len(blocks)), slot[blocks]] = 1.0
        for unseen in np.flatnonzero(weights.sum(axis=0) == 0).tolist():
            weights[slot[blocks] % 2 == unseen % 2, unseen] = 1.0
        return cls(blocks, weights / weights.sum(axis=0), slot[inputs.past.period.blocks :])

    def usual(self, rows: NDArray[np.number]) -> NDArray[np.float64]:
        """Means of rows over history and horizon, shape (N, H + B), for the half-days ahead, shape (N, B)."""
        return (rows[:, self.blocks].astype(np.float64) @ self.weights)[:, self.slot]


def _ratio(
    part: NDArray[np.number], whole: NDArray[np.number], otherwise: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Part / whole, and something else where whole is 0."""
    there = whole != 0
    return np.where(there, part / np.where(there, whole, 1), otherwise)


def _posts(inputs: ForecastInputs, reference: _Reference) -> NDArray[np.float64]:
    """Slots of posts that fall to the faculty, shape (posts, B)."""
    open_to_faculty = slots_for_faculty(inputs.ahead)  # nobody is assigned yet on the days that are estimated
    slots = np.concatenate([slots_for_faculty(inputs.past), open_to_faculty], axis=1)
    demand = np.concatenate([inputs.past.demand, inputs.ahead.demand], axis=1)
    here = reference.blocks
    whole = _ratio(slots[:, here].sum(axis=1), demand[:, here].sum(axis=1), 1.0)
    share = _ratio(reference.usual(slots), reference.usual(demand), whole[:, None])
    return open_to_faculty * share


def _supervision(inputs: ForecastInputs, reference: _Reference) -> NDArray[np.float64]:
    """Attendings beyond the supervising posts, shape (locations, B)."""
    past, ahead = inputs.past, inputs.ahead
    required = np.concatenate([past.supervision_required, ahead.supervision_required], axis=1)
    multiplier = inputs.quarters[past.period.blocks :] / 4
    usual = reference.usual(required) * multiplier * _classes(inputs)
    return np.maximum(usual - supervising_slots(ahead), 0)


def _classes(inputs: ForecastInputs) -> NDArray[np.float64]:
    """Units that first-year and further residents cause ahead, over those in the known days; (L, B)."""
    known = np.concatenate([inputs.past_known, inputs.ahead_known])
    residents = np.concatenate(
        [_class_sizes(inputs, inputs.past), _class_sizes(inputs, inputs.ahead)], axis=1
    ).astype(np.float64)  # (2, H + B)
    units = _class_units(inputs.past) + _class_units(inputs.ahead)  # (2, L)
    then = residents[:, known].sum(axis=1)
    each = _ratio(units, then[:, None], 0.0)
    each = np.where(then[:, None] > 0, each, each[::-1])  # a class that was not there works like the other
    usual = each.T @ (then / known.sum())
    ahead = each.T @ residents[:, inputs.past.period.blocks :]
    return _ratio(ahead, usual[:, None], 1.0)


def _class_sizes(inputs: ForecastInputs, snapshot: Snapshot) -> NDArray[np.int64]:
    """Residents who belong to the program, the first year and the others apart; shape (2, blocks)."""
    offset = 0 if snapshot is inputs.past else inputs.past.period.blocks
    active = inputs.active[:, offset : offset + snapshot.period.blocks] & snapshot.is_resident[:, None]
    first = (snapshot.pgy == 1)[:, snapshot.block_year]
    return np.stack([(active & first).sum(axis=0), (active & ~first).sum(axis=0)])


def _class_units(snapshot: Snapshot) -> NDArray[np.float64]:
    """Supervision units of the first year and of the others, shape (2, locations)."""
    year = snapshot.block_year[snapshot.assignment_block]
    other = snapshot.pgy[snapshot.assignment_person, year] != 1
    places = len(snapshot.locations)
    cell = other.astype(np.int64) * places + snapshot.assignment_location
    units = np.bincount(cell, weights=snapshot.assignment_units, minlength=2 * places)
    return units.reshape(2, places).astype(np.float64)


def _absent(inputs: ForecastInputs, away: Away, groups: NDArray[np.bool_]) -> NDArray[np.float64]:
    """People expected to be away, shape (2, B)."""
    history = inputs.past.period.blocks
    gone = away.kind != HERE
    begun = gone & (away.since < history // 2)
    lead = np.arange(inputs.ahead.period.blocks) // 2
    rows: list[NDArray[np.float64]] = []
    for group in groups:
        active = inputs.active[group].sum(axis=0)
        under_way = begun[group, history:].sum(axis=0)
        entered = gone[group, history:].sum(axis=0) - under_way
        usual = _usual_beginnings(inputs, away, group)[lead] * active[history:]
        rows.append(np.minimum(active[history:], under_way + np.maximum(entered, usual)))
    return np.stack(rows)


def _usual_beginnings(inputs: ForecastInputs, away: Away, group: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of a group away, for an absence that began within the last 0, 1, 2 ... days; shape (days ahead,).

    Means over the known days of the history.
    """
    known = np.flatnonzero(inputs.past_known)
    gone = (away.kind != HERE)[np.ix_(group, known)]
    age = (known // 2 - away.since[np.ix_(group, known)])[gone]
    days = inputs.ahead.period.days
    people = int(inputs.active[np.ix_(group, known)].sum())
    counts = np.bincount(np.minimum(age, days), minlength=days + 1)[:days]
    return np.cumsum(counts) / max(people, 1)


def _resting_share(
    inputs: ForecastInputs, away: Away, groups: NDArray[np.bool_], reference: _Reference
) -> NDArray[np.float64]:
    """Of people whom no absence keeps away, the share that usually cannot work all the same; (2, B)."""
    present = inputs.active & (away.kind == HERE)
    free = np.concatenate([inputs.past.available, inputs.ahead.available], axis=1)
    could = np.stack([present[group].sum(axis=0) for group in groups])
    cannot = could - np.stack([(present & free)[group].sum(axis=0) for group in groups])
    return _ratio(reference.usual(cannot), reference.usual(could), 0.0)
