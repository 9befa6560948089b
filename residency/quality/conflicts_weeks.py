"""Inpatient weeks of attendings, Friday to Thursday, and what is too close together among them."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from residency.program.records import Program
from residency.program.vocabulary import ConflictSeverity, ConflictType
from residency.quality.conflicts_results import Conflict
from residency.quality.conflicts_scene import Scene, attending_on_ward

_FRIDAY = 4
_WEEK = 7
_MAJORITY = 4
"""Days of the seven that make a week somebody's own: no two people can both have them."""

_TOO_CLOSE = 14
_ALTERNATING = (8, 21)
_TOO_OFTEN = 3


def friday_of(day: date) -> date:
    """The Friday that begins the inpatient week of a day."""
    return day - timedelta(days=(day.weekday() - _FRIDAY) % _WEEK)


def inpatient_weeks(program: Program) -> dict[str, list[date]]:
    """The Fridays of each attending's inpatient weeks, ascending.

    A week is somebody's when they are assigned to one inpatient service on at least four of its seven days:
    the data marks no assignment as FMIT, and single days on a ward are not a week.
    """
    rows = program.assignments
    ward = attending_on_ward(program, rows.person, rows.service, rows.role)
    # 2 January 1970 was a Friday.
    day = rows.day[ward].astype(np.int64) - 1
    held = np.unique(np.stack([rows.person[ward], rows.service[ward], day]), axis=1)
    weeks = np.stack([held[0], held[1], held[2] // _WEEK])
    kept, days = np.unique(weeks, axis=1, return_counts=True)
    mine: NDArray[np.int64] = np.unique(kept[:, days >= _MAJORITY][[0, 2]], axis=1)
    found: dict[str, list[date]] = {}
    people: list[int] = mine[0].tolist()
    for person, week in zip(people, mine[1].tolist(), strict=True):
        friday = date(1970, 1, 2) + timedelta(days=_WEEK * week)
        found.setdefault(program.people[person].id, []).append(friday)
    return found


def weeks_too_close(scene: Scene) -> Iterator[Conflict]:
    """back_to_back: fewer than 14 days from the Friday of one inpatient week to that of the next."""
    for person, weeks in inpatient_weeks(scene.program).items():
        for former, later in pairwise(weeks):
            if (later - former).days < _TOO_CLOSE and _touches(scene, later):
                yield Conflict(
                    ConflictType.BACK_TO_BACK,
                    ConflictSeverity.WARNING,
                    person,
                    f"{scene.pseudonym(person)} has inpatient weeks from Fri {_short(former)} and from Fri "
                    f"{_short(later)}: {(later - former).days} days apart, at least {_TOO_CLOSE} are due.",
                    week_start=later,
                )


def weeks_alternating(scene: Scene) -> Iterator[Conflict]:
    """excessive_alternating: three or more gaps of 8 to 21 days from Friday to Friday in the schedule seen.

    Reported at the week that completes the third such gap.
    """
    least, most = _ALTERNATING
    for person, weeks in inpatient_weeks(scene.program).items():
        gaps = np.diff(np.array(weeks, "datetime64[D]")).astype(np.int64)
        close: list[int] = np.flatnonzero((gaps >= least) & (gaps <= most)).tolist()
        if len(close) >= _TOO_OFTEN and any(_touches(scene, weeks[gap + 1]) for gap in close):
            third = weeks[close[_TOO_OFTEN - 1] + 1]
            yield Conflict(
                ConflictType.EXCESSIVE_ALTERNATING,
                ConflictSeverity.WARNING,
                person,
                f"{scene.pseudonym(person)} has {len(close)} gaps of only {least} to {most} days between "
                f"inpatient weeks, the third before that from Fri {_short(third)}; at most "
                f"{_TOO_OFTEN - 1} are due.",
                week_start=third,
            )


def _touches(scene: Scene, friday: date) -> bool:
    days = scene.days
    return friday < days.end and friday + timedelta(days=_WEEK) > days.start


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"
