"""Planned duty of many residents over years: clinics, wards with call, night float and leave."""

from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from residency.acgme.kinds import KIND_CODES, DutyKind
from residency.acgme.record import AveragingPeriod, Basis, Duties, DutyRecord, Leave, PeriodKind
from residency.acgme.timeline import Timeline, day_number
from residency.program.calendar import academic_year

START = date(2026, 6, 29)
TIMEZONE = "America/New_York"
ROTATION_DAYS = 28

_CLINIC, _WARD, _HEAVY, _NIGHTS = range(4)
_MIX = (0.45, 0.3, 0.05, 0.2)
"""Share of rotations: clinic, ward with call every 4th night but not at weekends, the same without a day off
and with call at weekends too, and night float."""

_LATE = 0.01
"""Share of ward days that end late, and of calls whose handover takes too long."""

_HOUR = 60
_LEAVE_WEEKS_A_YEAR = 4
_DAYS_A_YEAR = 365


def planned_duty(people: int, days: int, seed: int = 1) -> DutyRecord:
    """Duty from a Monday on, the same for the same arguments; about 1.3 entries a person and day.

    Args:
        people: residents.
        days: length of the plan.
        seed: choice among the plans of that size.
    """
    rng = np.random.default_rng(seed)
    rotations = -(-days // ROTATION_DAYS)
    kind = rng.choice(len(_MIX), (people, rotations), p=_MIX)
    day = np.arange(days)
    rotation = kind[:, day // ROTATION_DAYS]
    weekday = np.broadcast_to(day % 7, rotation.shape)
    away = np.repeat(rng.random((people, -(-days // 7))) < _LEAVE_WEEKS_A_YEAR / 52, 7, axis=1)[:, :days]
    fourth = (day + np.arange(people)[:, None]) % 4 == 0
    call = fourth & ~away & ((rotation == _HEAVY) | ((rotation == _WARD) & (weekday < 5)))
    post_call = np.zeros_like(call)
    post_call[:, 1:] = call[:, :-1]
    off = np.where(rotation == _HEAVY, False, weekday == 6)
    at_work = ~away & ~off & ~post_call & (rotation != _NIGHTS)
    on_ward = np.isin(rotation, (_WARD, _HEAVY))
    at_work &= (weekday < 5) | on_ward | (rng.random(rotation.shape) < 0.1)
    handing, sometimes = post_call & ~away, rng.random(rotation.shape) < _LATE
    nights = (rotation == _NIGHTS) & ~away & (weekday < 5)
    midnights = Timeline.around(TIMEZONE, day_number(START), day_number(START) + days + 2)
    parts = [
        _entries(at_work & ~on_ward, 8, 13, DutyKind.DUTY),
        _entries(at_work & ~on_ward, 13, 17, DutyKind.DUTY),
        _entries((at_work & on_ward) | call, 7, 13, DutyKind.DUTY),
        _entries((at_work & on_ward) | call, 13, 19, DutyKind.DUTY),
        _entries(call, 19, 31, DutyKind.IN_HOUSE_CALL),
        _entries(handing, 7, 10, DutyKind.TRANSITION),
        _entries(handing & sometimes, 10, 12, DutyKind.TRANSITION),
        _entries(at_work & on_ward & ~call & sometimes, 19, 24, DutyKind.DUTY),
        _entries(nights, 19, 31, DutyKind.NIGHT_FLOAT),
    ]
    person, on, begin, end, code = (np.concatenate(column) for column in zip(*parts, strict=True))
    midnight = midnights.midnight(on + day_number(START))
    order = np.lexsort((midnight + begin, person))
    return DutyRecord(
        timezone=TIMEZONE,
        people=tuple(f"R{number:05}" for number in range(people)),
        duties=Duties(
            person.astype(np.int32)[order],
            (midnight + begin)[order],
            (midnight + end)[order],
            code.astype(np.int8)[order],
            np.zeros(len(order), np.bool_),
        ),
        basis=Basis.PLANNED,
        pgy=_levels(people, days),
        leave=_leave(away),
        periods=_periods(people, days),
    )


def _entries(where: NDArray[np.bool_], begin: int, end: int, kind: DutyKind) -> tuple[NDArray[np.int64], ...]:
    """Person, day, first and last minute of the day, and kind's code of one entry for each cell."""
    person, day = np.nonzero(where)
    hours = (np.full(len(person), each, np.int64) for each in (begin * _HOUR, end * _HOUR, KIND_CODES[kind]))
    return person, day, *hours


def _levels(people: int, days: int) -> dict[tuple[int, int], int]:
    first = academic_year(START)
    years = range(first, first + days // _DAYS_A_YEAR + 2)
    return {(person, year): 1 + (person + year) % 3 for person in range(people) for year in years}


def _leave(away: NDArray[np.bool_]) -> Leave:
    person, day = np.nonzero(away)
    first = 2 * (day + day_number(START))
    return Leave(person.astype(np.int32), first, first + 2)


def _periods(people: int, days: int) -> tuple[AveragingPeriod, ...]:
    edges = [np.datetime64(START, "D") + day for day in range(0, days, ROTATION_DAYS)]
    dates = [edge.item() for edge in [*edges, np.datetime64(START, "D") + days]]
    spans = list(pairwise(dates))
    return tuple(
        AveragingPeriod(person, start, end, PeriodKind.ROTATION)
        for person in range(people)
        for start, end in spans
    )
