"""Conflicts of call with absences, the recovery after them, and work elsewhere in the same hours."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from residency.acgme.program_duty import NIGHT_BEGINS
from residency.program.calendar import HALF_DAY_STARTS_MINUTES
from residency.program.records import Absence, CallShift
from residency.program.vocabulary import RECOVERY_DAYS, ConflictSeverity, ConflictType, Half
from residency.quality.conflicts_results import Conflict, Slot
from residency.quality.conflicts_scene import Scene

_NOON = time(HALF_DAY_STARTS_MINUTES[1] // 60, HALF_DAY_STARTS_MINUTES[1] % 60)
_LONGEST_SHIFT = timedelta(days=4)
"""No shift that began longer ago is looked for; a weekend's call takes two days and a half."""


@dataclass(frozen=True)
class CallBook:
    """Everybody's call shifts, found by person and time."""

    scene: Scene

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.scene.snapshot.timezone)

    @cached_property
    def of_person(self) -> dict[str, list[CallShift]]:
        """The shifts of each person, by start."""
        found: dict[str, list[CallShift]] = {}
        for shift in sorted(self.scene.program.call_shifts, key=lambda shift: shift.start):
            found.setdefault(shift.person, []).append(shift)
        return found

    def within(self, person: str, start: datetime, end: datetime) -> Iterator[CallShift]:
        """A person's shifts that overlap ``[start, end)``."""
        shifts = self.of_person.get(person, [])
        first = bisect_left(shifts, start - _LONGEST_SHIFT, key=lambda shift: shift.start)
        for shift in shifts[first:]:
            if shift.start >= end:
                return
            if shift.end > start:
                yield shift

    def instant(self, day: date, at: time) -> datetime:
        """A time on the site's clock, in UTC."""
        return datetime.combine(day, at, self._zone).astimezone(UTC)

    def night(self, shift: CallShift) -> Slot:
        """The night of a shift: that of the local day on which it begins."""
        return Slot(self.local_day(shift.start))

    def local_day(self, instant: datetime) -> date:
        """The site's day of an instant."""
        return instant.astimezone(self._zone).date()

    def eve(self, absence: Absence) -> datetime:
        """Nightfall before the first day of an absence, from which on its person can take no call."""
        return self.instant(absence.start_date - timedelta(days=1), NIGHT_BEGINS)

    def end(self, absence: Absence, days_later: int = 0) -> datetime:
        """When an absence ends, or whole days later."""
        last = absence.end_date + timedelta(days=days_later)
        if absence.end_half is Half.AM:
            return self.instant(last, _NOON)
        return self.instant(last + timedelta(days=1), time())

    def under(self, absence: Absence) -> Iterator[CallShift]:
        """The shifts of an absence's own person that it contradicts, of the days looked at."""
        for shift in self.within(absence.person, self.eve(absence), self.end(absence)):
            if self.night(shift).day in self.scene.days:
                yield shift


def call_under_leave(scene: Scene, book: CallBook) -> Iterator[Conflict]:
    """leave_call_overlap: call of any kind in an absence, or in the night before its first day.

    Call is a call shift, or an assignment to a call service, whose afternoon stands for the night after it.
    """
    for absence in scene.absences:
        for shift in book.under(absence):
            yield _under_leave(scene, absence, book.night(shift), f"{shift.kind} call")
    eve = np.array(
        [2 * (each.start_date - scene.snapshot.period.start).days - 1 for each in scene.absences], np.int64
    )
    before = scene.held(scene.absence_person, eve, eve + 1)
    for away in (before, scene.away):
        for number, row in away.where(scene.call):
            what = scene.row_service(row).abbreviation
            yield _under_leave(scene, scene.absences[number], scene.row_slot(row), what)


def _under_leave(scene: Scene, absence: Absence, slot: Slot, what: str) -> Conflict:
    return Conflict(
        ConflictType.LEAVE_CALL_OVERLAP,
        ConflictSeverity.CRITICAL,
        absence.person,
        f"{scene.leave_of(absence)} and has {what} on {slot.label}.",
        absence=absence,
        slot=slot,
        subject=what,
    )


def call_in_recovery(scene: Scene, book: CallBook) -> Iterator[Conflict]:
    """recovery_violation: call in the days owed after a deployment or convalescence."""
    for absence in scene.absences:
        start, end = book.end(absence), book.end(absence, RECOVERY_DAYS.get(absence.type, 0))
        for shift in book.within(absence.person, start, end):
            slot = book.night(shift)
            if shift.start >= start and slot.day in scene.days:
                yield Conflict(
                    ConflictType.RECOVERY_VIOLATION,
                    ConflictSeverity.WARNING,
                    absence.person,
                    f"{scene.pseudonym(absence.person)} has {shift.kind} call on {slot.label}, "
                    f"{scene.recovery_of(absence)}.",
                    absence=absence,
                    slot=slot,
                    subject=f"{shift.kind} call",
                )


def call_while_offsite(scene: Scene, book: CallBook) -> Iterator[Conflict]:
    """external_commitment: in-house call in the hours of an assignment to an offsite service."""
    shifts = [shift for shift in scene.program.call_shifts if shift.in_house]
    offsite = scene.of_services([service.offsite for service in scene.program.services])
    person = np.array([scene.person_index[shift.person] for shift in shifts], np.int64)
    first, last = (
        np.array([(book.local_day(at) - scene.snapshot.period.start).days for at in instants], np.int64)
        for instants in ([shift.start for shift in shifts], [shift.end for shift in shifts])
    )
    for number, row in scene.held(person, 2 * first, 2 * last + 2).where(offsite):
        shift, service, slot = shifts[number], scene.row_service(row), scene.row_slot(row)
        morning = slot.half is Half.AM
        start = book.instant(slot.day, service.start_am if morning else service.start_pm)
        hours = service.hours_am if morning else service.hours_pm
        if shift.start < start + timedelta(hours=hours) and shift.end > start:
            yield Conflict(
                ConflictType.EXTERNAL_COMMITMENT,
                ConflictSeverity.WARNING,
                shift.person,
                f"{scene.pseudonym(shift.person)} has {shift.kind} call in house while assigned offsite to "
                f"{service.abbreviation} on {slot.label}.",
                slot=slot,
                subject=service.abbreviation,
            )
