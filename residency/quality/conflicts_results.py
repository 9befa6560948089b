"""One conflict in a schedule: its kind, how grave it is, and what makes it the same when found again."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from residency.program.calendar import half_day_label
from residency.program.records import Absence
from residency.program.vocabulary import ConflictSeverity, ConflictType, Half


class Grade(StrEnum):
    """How much an assignment under leave matters: high where the service allows no leave at all."""

    HIGH = "high"
    MEDIUM = "medium"


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A half-day, or with ``half`` None the night that begins on a day."""

    day: date
    half: Half | None = None

    @property
    def label(self) -> str:
        """``Tue 3 Mar AM`` or ``the night of Tue 3 Mar``."""
        if self.half is None:
            return f"the night of {self.day:%a} {self.day.day} {self.day:%b}"
        return half_day_label(self.day, self.half)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something in a schedule that cannot stay as it is, or had better not.

    ``person`` and ``absence.person`` are ids that the program uses; ``description`` names people by
    pseudonym alone. ``week_start`` is the Friday of an inpatient week. ``subject`` is what it is about: a
    service, a place, a skill, a cohort, a kind of call. Some conflicts come of the schedule alone and have
    no absence.
    """

    type: ConflictType
    severity: ConflictSeverity
    person: str
    description: str
    absence: Absence | None = None
    week_start: date | None = None
    slot: Slot | None = None
    subject: str = ""
    grade: Grade | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what makes it the same conflict when it is found again, whatever else is found."""
        absence = self.absence
        key = [
            self.type,
            self.person,
            absence
            and [absence.start_date, absence.start_half, absence.end_date, absence.end_half, absence.type],
            self.week_start,
            self.slot and [self.slot.day, self.slot.half],
            self.subject,
        ]
        return hashlib.sha256(json.dumps(key, default=str).encode()).hexdigest()

    @property
    def day(self) -> date:
        """The first day that it concerns."""
        if self.slot is not None:
            return self.slot.day
        if self.week_start is not None:
            return self.week_start
        return self.absence.start_date if self.absence is not None else date.min


_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(ConflictSeverity)}
_TYPE_RANK = {kind: rank for rank, kind in enumerate(ConflictType)}


_HALF_RANK = {Half.AM: 0, Half.PM: 1, None: 2}


def reading_order(conflict: Conflict) -> tuple[int, date, int, str, int, str]:
    """Gravest first, then by day, kind, person and half."""
    return (
        _SEVERITY_RANK[conflict.severity],
        conflict.day,
        _TYPE_RANK[conflict.type],
        conflict.person,
        _HALF_RANK[conflict.slot.half] if conflict.slot else 0,
        conflict.fingerprint,
    )
