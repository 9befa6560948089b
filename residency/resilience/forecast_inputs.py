"""What a utilization forecast reads: the days ahead, the weeks before, and all absences as columns."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

import numpy as np
from numpy.typing import NDArray

from residency.program.availability import absence_blocks, recovery_blocks
from residency.program.calendar import CalendarDay, Period
from residency.program.demand import intent_quarters
from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import EFFECTIVE_ABSENCE_STATUSES, AbsenceStatus, AbsenceType

HISTORY_WEEKS = 12
"""Weeks before today from which days without a schedule are estimated."""

ABSENCE_TYPES = tuple(AbsenceType)


@dataclass(frozen=True, slots=True)
class AbsenceColumns:
    """Absences of one certainty, oldest last; blocks count from the first block of the weeks before.

    ``end`` is behind the last half-day of the absence itself, ``recovered`` behind that of the recovery owed.
    """

    person: NDArray[np.int32]
    first: NDArray[np.int64]
    end: NDArray[np.int64]
    recovered: NDArray[np.int64]
    kind: NDArray[np.int8]  # index into ABSENCE_TYPES

    @classmethod
    def of(cls, program: Program, wide: Period, statuses: frozenset[AbsenceStatus]) -> Self:
        """The absences with one of some statuses; of one person the oldest comes last and so wins a cell."""
        index = {person.id: row for row, person in enumerate(program.people)}
        code = {kind: number for number, kind in enumerate(ABSENCE_TYPES)}
        rows: list[tuple[int, int, int, int, int]] = []
        for absence in program.absences:
            if absence.status in statuses:
                first, end = absence_blocks(wide, absence)
                recovered = end + recovery_blocks(absence)
                rows.append((index[absence.person], first, end, recovered, code[absence.type]))
        rows.sort(key=lambda row: (-row[1], row))
        person, first, end, recovered, kind = np.array(rows, np.int64).reshape(-1, 5).T
        return cls(person.astype(np.int32), first, end, recovered, kind.astype(np.int8))

    def cells(
        self, blocks: int, *, recovery: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Every half-day ``[0, blocks)`` of every absence: its row, person and block.

        With ``recovery`` those of the recovery alone, else those of the absence alone.
        """
        begin, stop = (self.end, self.recovered) if recovery else (self.first, self.end)
        begin, stop = np.clip(begin, 0, blocks), np.clip(stop, 0, blocks)
        lengths = stop - begin
        row = np.repeat(np.arange(len(lengths)), lengths)
        before = np.cumsum(lengths) - lengths
        block = np.arange(len(row)) - before[row] + begin[row]
        return row, self.person[row].astype(np.int64), block


@dataclass(frozen=True)
class ForecastInputs:
    """A program as a forecast sees it; B blocks ahead, H blocks of history directly before them.

    ``ahead`` and ``past`` hold every day, those without a published schedule too, for which they know
    coverage, calendar, people and absences, but no assignment and no call.
    """

    ahead: Snapshot
    past: Snapshot
    ahead_known: NDArray[np.bool_]  # (B,) half-days that a published schedule speaks for
    past_known: NDArray[np.bool_]  # (H,)
    active: NDArray[np.bool_]  # (P, H + B) whether the person belongs to the program
    effective: AbsenceColumns
    anticipated: AbsenceColumns
    quarters: NDArray[np.int16]  # (H + B,) demand multiplier of the day's intent, 4 = full demand
    calendar: tuple[CalendarDay, ...]  # of the days ahead that are not ordinary

    @classmethod
    def of(cls, program: Program, today: date, days: int, covered: Iterable[Period]) -> Self:
        """The inputs of a forecast.

        Args:
            program: all that is known of the days ahead and of the :data:`HISTORY_WEEKS` before.
            today: the first day ahead.
            days: how many days ahead.
            covered: the days for which published schedules speak.
        """
        ahead = Period.horizon(today, days)
        past = Period(today - timedelta(weeks=HISTORY_WEEKS), today)
        wide = Period(past.start, ahead.end)
        known = _known(wide, covered)
        return cls(
            ahead=Snapshot.of(program, ahead),
            past=Snapshot.of(program, past),
            ahead_known=known[past.blocks :],
            past_known=known[: past.blocks],
            active=_active(program, wide),
            effective=AbsenceColumns.of(program, wide, EFFECTIVE_ABSENCE_STATUSES),
            anticipated=AbsenceColumns.of(program, wide, frozenset({AbsenceStatus.ANTICIPATED})),
            quarters=intent_quarters(wide, program.calendar),
            calendar=tuple(entry for entry in program.calendar if entry.day in ahead),
        )

    @property
    def input_hash(self) -> str:
        """SHA-256 over all that the forecast depends on; history counts only where days are estimated."""
        digest = hashlib.sha256(self.ahead.input_hash.encode())
        digest.update(self.ahead_known.tobytes())
        if not self.ahead_known.all():
            digest.update(self.past.input_hash.encode())
            digest.update(self.past_known.tobytes())
        for table in (self.effective, self.anticipated):
            for column in (table.person, table.first, table.end, table.recovered, table.kind):
                digest.update(column.tobytes())
        digest.update(self.quarters.tobytes())
        digest.update(repr(self.calendar).encode())
        return digest.hexdigest()


def _known(wide: Period, covered: Iterable[Period]) -> NDArray[np.bool_]:
    known = np.zeros(wide.blocks, np.bool_)
    for days in covered:
        first, end = (2 * (day - wide.start).days for day in (days.start, days.end))
        known[max(first, 0) : max(end, 0)] = True
    return known


def _active(program: Program, wide: Period) -> NDArray[np.bool_]:
    active = np.ones((len(program.people), wide.blocks), np.bool_)
    for row, person in enumerate(program.people):
        if person.active_from is not None:
            active[row, : max(2 * (person.active_from - wide.start).days, 0)] = False
        if person.active_to is not None:
            active[row, max(2 * (person.active_to - wide.start).days + 2, 0) :] = False
    return active
