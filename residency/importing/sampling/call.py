"""Inpatient weeks and overnight call of a sample program's faculty, and the rest after call."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.importing.sampling.layout import Layout
from residency.importing.sampling.roster import Roster, pick

_WEEKS = (0.01, 1, 1, 4, 5, 5, 6)
"""Inpatient weeks a year by position in the clinic; everybody further does as many as the last."""

_CALL_SHARES = (0.03, 0.1)
"""Share of a full part in call of the first two; everybody else takes a full one."""

_FRIDAY, _TUESDAY, _WEDNESDAY, _SUNDAY = 4, 1, 2, 6
_NIGHTS_BETWEEN_CALL = 3
_AVOIDED = 6.0
_PREFERRED = -2.0


@dataclass(frozen=True, slots=True)
class CallNights:
    """Who has the night that begins on a day, shape (U, F, D) each."""

    overnight: NDArray[np.bool_]
    weekend: NDArray[np.bool_]


def inpatient_weeks(layout: Layout, roster: Roster) -> NDArray[np.bool_]:
    """Give every week from Friday to Thursday to one attending, who works both halves of all its days.

    Returns:
        Who has the week, shape (U, F, D).
    """
    code = layout.code["FMIT"]
    target = np.array([*_WEEKS, *([_WEEKS[-1]] * max(0, roster.available.shape[1] - len(_WEEKS)))])
    target = target[: roster.available.shape[1]]
    held = np.zeros(roster.available.shape, np.bool_)
    weeks = np.zeros(roster.available.shape[:2], np.float64)
    last = np.zeros(roster.available.shape[:2], np.bool_)
    one = np.ones(layout.clinics, np.int64)
    for begin, end in _friday_weeks(layout):
        present = roster.available[:, :, begin:end].sum(axis=2)
        score = (weeks + 0.5) / target + 100.0 * last + 10.0 * (end - begin - present)
        last = pick(score, layout.faculty_exists, one)
        weeks += last
        held[:, :, begin:end] = last[:, :, None] & roster.available[:, :, begin:end]
    roster.service[held] = code
    return held


def _friday_weeks(layout: Layout) -> Iterator[tuple[int, int]]:
    begin = 0
    for day in range(1, layout.period.days + 1):
        if day == layout.period.days or layout.weekdays[day] == _FRIDAY:
            yield begin, day
            begin = day


def call_nights(layout: Layout, roster: Roster, inpatient: NDArray[np.bool_]) -> CallNights:
    """Give every night to one attending and the day after an overnight call to rest.

    Friday and Saturday nights go with the inpatient week; the others are in-house and taken singly, in
    turn, at least three nights apart. Programme director and associate avoid Tuesdays, the department
    chief prefers Wednesdays.
    """
    clinics, faculty, days = roster.available.shape
    overnight = np.zeros((clinics, faculty, days), np.bool_)
    weekend = np.zeros_like(overnight)
    share = np.ones(faculty)
    share[: len(_CALL_SHARES)] = _CALL_SHARES
    load = np.zeros((clinics, faculty))
    sundays = np.zeros((clinics, faculty))
    one = np.ones(clinics, np.int64)
    post_call = layout.code["PC"]
    for day, weekday in enumerate(layout.weekdays):
        if weekday in {_FRIDAY, _FRIDAY + 1}:
            weekend[:, :, day] = inpatient[:, :, day]
            load += weekend[:, :, day]
            continue
        following = min(day + 1, days - 1)
        rested = ~overnight[:, :, max(day - _NIGHTS_BETWEEN_CALL, 0) : day].any(axis=2)
        allowed = (
            roster.available[:, :, day]
            & roster.available[:, :, following]
            & ~inpatient[:, :, day]
            & ~inpatient[:, :, following]
            & rested
        )
        score = (load + (2.0 * sundays if weekday == _SUNDAY else 0.0)) / share
        if weekday == _TUESDAY:
            score[:, :2] += _AVOIDED
        if weekday == _WEDNESDAY:
            score[:, 3] += _PREFERRED
        chosen = pick(score, allowed, one)
        overnight[:, :, day] = chosen
        load += chosen
        if weekday == _SUNDAY:
            sundays += chosen
        if day + 1 < days:
            for half in (0, 1):
                roster.put(chosen, post_call, day + 1, half)
    return CallNights(overnight, weekend)
