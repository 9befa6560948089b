"""When people can work: employment, absences, recovery and post-call rest on the dense row of half-days."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from residency.program.calendar import HALF_DAY_STARTS_MINUTES, Period
from residency.program.records import Absence, CallShift, Person
from residency.program.vocabulary import EFFECTIVE_ABSENCE_STATUSES, RECOVERY_DAYS, Half

REST_HOURS = 8
REST_AFTER_24_HOURS = 14
_LONG_CALL = timedelta(hours=24)


def availability(
    period: Period,
    timezone: str,
    people: Sequence[Person],
    index: Mapping[str, int],
    absences: Sequence[Absence],
    call_shifts: Sequence[CallShift],
) -> NDArray[np.bool_]:
    """Which person can work in which half-day, shape (people, blocks).

    A half-day is lost to an effective absence (approved or confirmed) and to the recovery owed after it, to
    days outside the person's active dates, and to in-house call: a half-day whose start lies inside the call
    or inside the rest after it (14 h after 24 h or more of call, otherwise 8 h; VI.F.2.b-c).
    """
    available = np.ones((len(people), period.blocks), np.bool_)
    for row, person in enumerate(people):
        if person.active_from is not None:
            available[row, : max(_block(period, person.active_from, Half.AM), 0)] = False
        if person.active_to is not None:
            available[row, max(_block(period, person.active_to, Half.PM) + 1, 0) :] = False
    for absence in absences:
        if absence.status in EFFECTIVE_ABSENCE_STATUSES:
            first, end = absence_blocks(period, absence)
            end += recovery_blocks(absence)
            available[index[absence.person], max(first, 0) : max(end, 0)] = False
    _remove_call(available, period, timezone, index, call_shifts)
    return available


def absence_blocks(period: Period, absence: Absence) -> tuple[int, int]:
    """The blocks ``[first, end)`` of an absence without its recovery; they may lie outside the period."""
    first = _block(period, absence.start_date, absence.start_half)
    return first, _block(period, absence.end_date, absence.end_half) + 1


def recovery_blocks(absence: Absence) -> int:
    """How many half-days of recovery are owed after an absence: whole days, beginning when it ends."""
    return 2 * RECOVERY_DAYS.get(absence.type, 0)


def _block(period: Period, day: date, half: Half) -> int:
    """The block index of a half-day; negative before the period."""
    return 2 * (day - period.start).days + (half is Half.PM)


def _remove_call(
    available: NDArray[np.bool_],
    period: Period,
    timezone: str,
    index: Mapping[str, int],
    call_shifts: Sequence[CallShift],
) -> None:
    starts = block_starts(period, timezone)
    for person, start, end in _merged_in_house(call_shifts):
        rest = REST_AFTER_24_HOURS if end - start >= _LONG_CALL else REST_HOURS
        first, last = np.searchsorted(starts, [_minute(start), _minute(end) + 60 * rest])
        available[index[person], first:last] = False


def _merged_in_house(call_shifts: Sequence[CallShift]) -> list[tuple[str, datetime, datetime]]:
    """In-house call per person with touching and overlapping shifts merged.

    Instants are compared in UTC: Python compares two times of one zone by the clock on the wall.
    """
    merged: list[tuple[str, datetime, datetime]] = []
    in_house = sorted(
        (shift.person, shift.start.astimezone(UTC), shift.end.astimezone(UTC))
        for shift in call_shifts
        if shift.in_house
    )
    for person, start, end in in_house:
        if merged and merged[-1][0] == person and start <= merged[-1][2]:
            merged[-1] = (person, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((person, start, end))
    return merged


def _minute(instant: datetime) -> int:
    """The first whole minute since 1970 UTC that is not before an instant."""
    return math.ceil(instant.timestamp() / 60)


def block_starts(period: Period, timezone: str) -> NDArray[np.int64]:
    """The start of every block in whole minutes since 1970 UTC, shape (blocks,), ascending."""
    zone = ZoneInfo(timezone)
    starts = np.empty(period.blocks, np.int64)
    for day in range(period.days):
        midnight = period.start + timedelta(days=day)
        for half, minutes in enumerate(HALF_DAY_STARTS_MINUTES):
            local = datetime.combine(midnight, time(minutes // 60, minutes % 60), zone)
            starts[2 * day + half] = _minute(local.astimezone(UTC))
    return starts
