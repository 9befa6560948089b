"""A program's absences as the engine takes them: half-days of leave and days of recovery owed."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np

from residency.acgme.record import Leave
from residency.acgme.timeline import day_number
from residency.program.records import Program
from residency.program.vocabulary import EFFECTIVE_ABSENCE_STATUSES, RECOVERY_DAYS, Half


def leave_half_days(program: Program, person_of: Mapping[str, int]) -> Leave:
    """The approved and confirmed absences of the people numbered by ``person_of``."""
    rows = [
        (
            person_of[absence.person],
            2 * day_number(absence.start_date) + (absence.start_half is Half.PM),
            2 * day_number(absence.end_date) + (1 if absence.end_half is Half.AM else 2),
        )
        for absence in program.absences
        if absence.status in EFFECTIVE_ABSENCE_STATUSES and absence.person in person_of
    ]
    columns = np.array(rows, np.int64).reshape(-1, 3)
    return Leave(columns[:, 0].astype(np.int32), columns[:, 1], columns[:, 2])


def recovery_days(program: Program, person_of: Mapping[str, int]) -> tuple[tuple[int, date, date], ...]:
    """The whole days after effective absences on which those people should recover, ``[first, end)``."""
    return tuple(
        (
            person_of[absence.person],
            absence.end_date + timedelta(days=1),
            absence.end_date + timedelta(days=1 + RECOVERY_DAYS[absence.type]),
        )
        for absence in program.absences
        if absence.status in EFFECTIVE_ABSENCE_STATUSES
        and absence.type in RECOVERY_DAYS
        and absence.person in person_of
    )
