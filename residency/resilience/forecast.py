"""Faculty utilization half-day by half-day for the days ahead, with and without anticipated absences."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import Snapshot
from residency.resilience.forecast_away import HERE, Away
from residency.resilience.forecast_estimates import Estimates, estimate
from residency.resilience.forecast_inputs import ForecastInputs
from residency.resilience.forecast_pools import Pools, pools
from residency.resilience.forecast_results import (
    AnticipatedDay,
    DayForecast,
    HalfDayForecast,
    ServiceForecast,
    UtilizationForecast,
)
from residency.resilience.forecast_words import Causes, advice, assumptions, causes_of
from residency.resilience.health_advice import data_warnings
from residency.resilience.results import UtilizationLevel
from residency.resilience.utilization import LEVEL_FLOORS, derived_supervision, slots_for_faculty

LEVELS = tuple(UtilizationLevel)
HIGH_RISK = frozenset({UtilizationLevel.RED, UtilizationLevel.BLACK})
_RED = LEVELS.index(UtilizationLevel.RED)
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Outlook:
    """The faculty in the B half-days ahead, shape (B,) each; whole numbers where a schedule is known.

    ``faculty`` belong to the program; of them ``absent`` are away or recovering, ``resting`` rest after call
    or have leave by the schedule, and ``available`` can work. ``supervision`` is part of ``demanded``.
    """

    demanded: NDArray[np.float64]
    available: NDArray[np.float64]
    supervision: NDArray[np.float64]
    faculty: NDArray[np.int64]
    absent: NDArray[np.float64]
    resting: NDArray[np.float64]

    @property
    def utilization(self) -> NDArray[np.float64]:
        """Demanded over available; with nobody available 1 when anything is demanded, else 0."""
        return used(self.demanded, self.available)

    @property
    def level(self) -> NDArray[np.int64]:
        """Index into :data:`LEVELS`, exact for whole numbers."""
        return level_codes(self.demanded, self.available)


@dataclass(frozen=True, slots=True)
class Outlooks:
    """Both series, the services' pools in both, and what the estimates among them rest on, if any."""

    expected: Outlook
    anticipated: Outlook
    pools: Pools
    slots: NDArray[np.float64]  # (posts, B) slots that fall to the faculty
    away: Away
    estimates: Estimates | None


def used(demanded: NDArray[np.float64], available: NDArray[np.float64]) -> NDArray[np.float64]:
    """Utilization of half-days: demanded over available, 1 or 0 with nobody available."""
    there = available > 0
    return np.where(there, demanded / np.where(there, available, 1.0), demanded > 0)


def level_codes(demanded: NDArray[np.float64], available: NDArray[np.float64]) -> NDArray[np.int64]:
    """Levels of half-days as places in :data:`LEVELS`."""
    reached = [100 * demanded >= percent * available for percent, _ in LEVEL_FLOORS]
    return np.where((available > 0) | (demanded > 0), np.sum(reached, axis=0), 0)


def forecast(inputs: ForecastInputs) -> UtilizationForecast:
    """Forecast the faculty's utilization on every day ahead.

    Days that a published schedule speaks for are computed as in a health check, from what is known; the
    others are estimated (:func:`~residency.resilience.forecast_estimates.estimate`). The level of a day is
    that of its worse half; RED and BLACK are high risk. In the second series everybody whose absence is only
    anticipated is away too.
    """
    found = outlooks(inputs)
    days, anticipated = _days(inputs, found), _anticipated(inputs, found)
    reference = found.estimates.reference_days if found.estimates else 0
    return UtilizationForecast(
        period_start=inputs.ahead.period.start,
        period_end=inputs.ahead.period.end,
        input_hash=inputs.input_hash,
        known_days=int(inputs.ahead_known.sum()) // 2,
        reference_days=reference,
        days=days,
        anticipated=anticipated,
        high_risk_days=sum(day.high_risk for day in days),
        anticipated_high_risk_days=sum(day.high_risk for day in anticipated),
        services=_services(inputs.ahead, found.pools),
        recommendations=advice(days, anticipated),
        assumptions=assumptions(inputs, reference),
        warnings=data_warnings(inputs.ahead),
    )


def outlooks(inputs: ForecastInputs) -> Outlooks:
    """The figures of a forecast as arrays."""
    ahead, known = inputs.ahead, inputs.ahead_known
    away = Away.of(inputs)
    groups = np.stack([ahead.is_faculty & (ahead.fte > 0), ahead.is_resident & (ahead.fte > 0)])
    estimates = None if known.all() else estimate(inputs, away, groups)
    maybe = away.anticipated[:, inputs.past.period.blocks :]
    slots = slots_for_faculty(ahead).astype(np.float64)
    supervision = derived_supervision(ahead).sum(axis=0)
    demanded = slots.sum(axis=0) + supervision
    expected = _outlook(inputs, away, groups[0], ahead, demanded, supervision)
    if maybe.any():
        second = with_absent(ahead, maybe)
        supervision = derived_supervision(second).sum(axis=0)
        demanded = slots_for_faculty(second).sum(axis=0) + supervision
    else:
        second = ahead
    anticipated = _outlook(inputs, away, groups[0], second, demanded, supervision)
    here = np.ones((2, ahead.period.blocks))
    if estimates is not None:
        here = np.where(known, here, estimates.here)
        expected = _estimated(expected, estimates, known)
        anticipated = _estimated(anticipated, estimates, known)
    both = pools(ahead, groups, here, second.available)
    return Outlooks(expected, anticipated, both, slots, away, estimates)


def with_absent(snapshot: Snapshot, absent: NDArray[np.bool_]) -> Snapshot:
    """The snapshot with some people away in some half-days, shape (P, B): their assignments do not count."""
    lost = absent[snapshot.assignment_person, snapshot.assignment_block]
    return replace(
        snapshot,
        available=snapshot.available & ~absent,
        assignment_counts=snapshot.assignment_counts & ~lost,
        assignment_units=np.where(lost, 0, snapshot.assignment_units).astype(np.int16),
        assignment_supervises=snapshot.assignment_supervises & ~lost,
    )


def _outlook(
    inputs: ForecastInputs,
    away: Away,
    faculty: NDArray[np.bool_],
    snapshot: Snapshot,
    demanded: NDArray[np.float64],
    supervision: NDArray[np.int64],
) -> Outlook:
    """What is known of the faculty, with nobody assigned on days without a schedule."""
    begin = inputs.past.period.blocks
    active = inputs.active[faculty, begin:].sum(axis=0)
    gone = away.kind[faculty, begin:] != HERE
    if snapshot is not inputs.ahead:
        gone = gone | away.anticipated[faculty, begin:]
    absent = gone.sum(axis=0)
    available = snapshot.available[faculty].sum(axis=0)
    return Outlook(
        demanded=demanded,
        available=available.astype(np.float64),
        supervision=supervision.astype(np.float64),
        faculty=active,
        absent=absent.astype(np.float64),
        resting=(active - absent - available).astype(np.float64),
    )


def _estimated(entered: Outlook, estimates: Estimates, known: NDArray[np.bool_]) -> Outlook:
    """The expected values in place of what is entered on days without a schedule."""
    more_away = entered.absent - estimates.entered
    return replace(
        entered,
        demanded=np.where(known, entered.demanded, estimates.demanded),
        available=np.where(known, entered.available, entered.available * estimates.here[0]),
        supervision=np.where(known, entered.supervision, estimates.supervision),
        absent=np.where(known, entered.absent, np.minimum(entered.faculty, estimates.absent + more_away)),
        resting=np.where(known, entered.resting, estimates.resting),
    )


def _days(inputs: ForecastInputs, found: Outlooks) -> tuple[DayForecast, ...]:
    outlook, period = found.expected, inputs.ahead.period
    half_days = _half_days(inputs, outlook)
    worse = worse_halves(outlook)
    causes = causes_of(inputs, Causes(found.away, found.slots, found.estimates, outlook.demanded), worse)
    away = _away_by_day(inputs, found.away, outlook.absent, anticipated=False)
    known: list[bool] = inputs.ahead_known[::2].tolist()
    level = np.maximum(outlook.level[::2], outlook.level[1::2]).tolist()
    return tuple(
        DayForecast.model_construct(
            day=period.day(2 * day),
            known=known[day],
            am=half_days[2 * day],
            pm=half_days[2 * day + 1],
            level=LEVELS[level[day]],
            high_risk=level[day] >= _RED,
            absent=away[day],
            factors=causes[day],
        )
        for day in range(period.days)
    )


def worse_halves(outlook: Outlook) -> NDArray[np.int64]:
    """The block of the worse half of every day, shape (days,): the higher level, then the more used."""
    pairs = (10 * outlook.level + np.minimum(outlook.utilization, 9)).reshape(-1, 2)
    return 2 * np.arange(len(pairs)) + pairs.argmax(axis=1)


def _half_days(inputs: ForecastInputs, outlook: Outlook) -> list[HalfDayForecast]:
    columns = zip(
        _plain(outlook.demanded),
        _plain(outlook.available),
        _plain(outlook.utilization),
        outlook.level.tolist(),
        outlook.faculty.tolist(),
        _plain(outlook.absent),
        _plain(outlook.resting),
        _plain(outlook.supervision),
        strict=True,
    )
    return [
        HalfDayForecast.model_construct(
            demanded=demanded,
            available=available,
            utilization=utilization,
            level=LEVELS[level],
            faculty=faculty,
            absent=absent,
            resting=resting,
            supervision=supervision,
        )
        for demanded, available, utilization, level, faculty, absent, resting, supervision in columns
    ]


def _plain(row: NDArray[np.float64]) -> list[float]:
    return np.round(row, _DIGITS).tolist()


def _away_by_day(
    inputs: ForecastInputs, away: Away, absent: NDArray[np.float64], *, anticipated: bool
) -> list[float]:
    """Distinct faculty away on each day; on estimated days the larger of its halves."""
    begin = inputs.past.period.blocks
    faculty = inputs.ahead.is_faculty & (inputs.ahead.fte > 0)
    gone = away.kind[faculty, begin:] != HERE
    if anticipated:
        gone = gone | away.anticipated[faculty, begin:]
    people = (gone[:, ::2] | gone[:, 1::2]).sum(axis=0)
    larger = np.maximum(absent[::2], absent[1::2])
    return _plain(np.where(inputs.ahead_known[::2], people, larger))


def _anticipated(inputs: ForecastInputs, found: Outlooks) -> tuple[AnticipatedDay, ...]:
    outlook, period = found.anticipated, inputs.ahead.period
    share = _plain(outlook.utilization)
    level = np.maximum(outlook.level[::2], outlook.level[1::2]).tolist()
    away = _away_by_day(inputs, found.away, outlook.absent, anticipated=True)
    return tuple(
        AnticipatedDay.model_construct(
            day=period.day(2 * day),
            am=share[2 * day],
            pm=share[2 * day + 1],
            level=LEVELS[level[day]],
            high_risk=level[day] >= _RED,
            absent=away[day],
        )
        for day in range(period.days)
    )


def _services(snapshot: Snapshot, found: Pools) -> tuple[ServiceForecast, ...]:
    """The pools as models; columns rather than rows, and not validated: a program may have a thousand."""
    share = used(found.demanded, found.available)
    level = level_codes(found.demanded, found.available)
    worst = (10 * level + np.minimum(share, 9)).argmax(axis=1)
    at = np.arange(len(worst))
    high = (np.maximum(level[:, ::2], level[:, 1::2]) >= _RED).sum(axis=1).tolist()
    columns = [np.round(each, _DIGITS).tolist() for each in (found.demanded, found.available, found.maybe)]
    label = {block: snapshot.period.label(block) for block in set(worst.tolist())}
    worst_level, worst_share = level[at, worst].tolist(), _plain(share[at, worst])
    return tuple(
        ServiceForecast.model_construct(
            service=snapshot.service_ids[service],
            name=snapshot.service_names[service],
            demanded=tuple(columns[0][row]),
            available=tuple(columns[1][row]),
            anticipated_available=tuple(columns[2][row]),
            worst_utilization=worst_share[row],
            worst_half_day=label[int(worst[row])],
            level=LEVELS[worst_level[row]],
            high_risk_days=high[row],
        )
        for row, service in enumerate(found.service.tolist())
    )
