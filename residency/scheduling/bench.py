"""Who could be asked to take an open slot or call shift, and why everybody else could not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from residency.acgme.findings import SUPERVISION
from residency.program.availability import (
    REST_AFTER_24_HOURS,
    REST_HOURS,
    absence_blocks,
    block_starts,
    recovery_blocks,
)
from residency.program.eligibility import eligibility, ineligibility
from residency.program.records import ROLES, CallShift
from residency.program.snapshot import UNITS_PER_ATTENDING
from residency.program.vocabulary import (
    EFFECTIVE_ABSENCE_STATUSES,
    RECOVERY_DAYS,
    UNAVAILABLE_KINDS,
    FacultyRole,
    ServiceKind,
)
from residency.quality.conflicts_scene import days_label
from residency.scheduling.absence_case import AbsenceCase
from residency.scheduling.cover_results import Kind
from residency.scheduling.openings import SlotOpening, needed, supervision_gap
from residency.scheduling.problem import NOTHING
from residency.scheduling.variants import Variant

_LONG_CALL = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Offer:
    """Somebody who could be asked, what they would give up, and which slots that would open elsewhere."""

    variant: Variant
    gives_up: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody who cannot be asked; ``rule`` names the rule that stands against it."""

    person: int
    kind: Kind
    reason: str
    rule: str | None = None


@dataclass(frozen=True)
class Bench:
    """Everybody but the person who is away, as they stand without them."""

    case: AbsenceCase

    @cached_property
    def needed(self) -> NDArray[np.bool_]:
        """(P, B) cells that nobody can leave without opening a slot."""
        return needed(self.case.after)

    @cached_property
    def eligible(self) -> NDArray[np.bool_]:
        """(Y, S, P, roles) who may hold what."""
        program = self.case.away
        return eligibility(program.people, program.services, self.case.after.pgy)[0]

    @cached_property
    def _gap_allowed(self) -> NDArray[np.int32]:
        return np.maximum(supervision_gap(self.case.before), supervision_gap(self.case.after))

    def for_slot(self, slot: SlotOpening) -> Iterator[Offer | Refusal]:
        """What can be said of everybody before duty hours are judged."""
        for person in range(len(self.case.away.people)):
            if person != self.case.person:
                yield self.to_slot(person, slot.block, slot.service, slot.role)

    def to_slot(self, person: int, block: int, service: int, role: int) -> Offer | Refusal:
        """Whether a person could take a service and role in a half-day of the scope."""
        case, after = self.case, self.case.after
        year = int(after.block_year[block])
        if not self.eligible[year, service, person, role]:
            return Refusal(person, "eligibility", self._ineligible(person, service, role, year))
        if not after.available[person, block]:
            return Refusal(person, "availability", self.why_unavailable(person, block))
        held = int(case.problem.service_before[person, block])
        if held != NOTHING:
            name = after.service_names[held]
            if case.problem.fixed[person, block]:
                return Refusal(person, "work", f"is on {name}, which is locked")
            if self.needed[person, block]:
                return Refusal(person, "work", f"is needed on {name}")
        refusal = self.supervised(person, block, service)
        if refusal is not None:
            return refusal
        variant = Variant(person, takes=(block, service, role), gives_up=() if held == NOTHING else (block,))
        return Offer(variant, () if held == NOTHING else (self.cell_label(held, block),))

    def _ineligible(self, person: int, service: int, role: int, year: int) -> str:
        program = self.case.away
        pgy = int(self.case.after.pgy[person, year])
        why = ineligibility(program.people[person], program.services[service], ROLES[role], pgy)
        return str(why).replace("_", " ")

    def why_unavailable(self, person: int, block: int) -> str:
        """Why a person cannot work in a half-day."""
        case, who = self.case, self.case.away.people[person]
        day = case.scope.day(block)
        if (who.active_from and day < who.active_from) or (who.active_to and day > who.active_to):
            return "is not in the program then"
        for absence in case.away.absences:
            if absence.person == who.id and absence.status in EFFECTIVE_ABSENCE_STATUSES:
                first, end = absence_blocks(case.scope, absence)
                if first <= block < end:
                    return f"is away {days_label(absence.start_date, absence.end_date)}"
                if end <= block < end + recovery_blocks(absence):
                    return f"recovers after an absence that ends on {absence.end_date:%-d %b}"
        held = int(case.problem.service_before[person, block])
        if held != NOTHING and case.away.services[held].kind in UNAVAILABLE_KINDS:
            return f"is on {case.after.service_names[held]}"
        return "is on call or rests after it"

    def supervised(self, person: int, block: int, service: int) -> Refusal | None:
        """The refusal where the units of a resident leave a place with too few attendings."""
        after, problem = self.case.after, self.case.problem
        each = problem.resident_units[int(after.block_year[block]), :, person]
        place = int(problem.service_place[service])
        units = int(after.supervision_units[place, block]) + int(each[service])
        held = int(problem.service_before[person, block])
        if held != NOTHING and problem.service_place[held] == place:
            units -= int(each[held])
        gap = -(-units // UNITS_PER_ATTENDING) - int(after.supervisors[place, block])
        if gap <= int(self._gap_allowed[place, block]):
            return None
        return Refusal(
            person, "supervision", f"would need one more attending there ({SUPERVISION})", SUPERVISION
        )

    def cell_label(self, service: int, block: int) -> str:
        """``Colposcopy on Tue 3 Mar AM``."""
        return f"{self.case.after.service_names[service]} on {self.case.scope.label(block)}"

    def for_call(self, shift: CallShift) -> Iterator[Offer | Refusal]:
        """What can be said of everybody about a call shift before duty hours are judged."""
        for person in range(len(self.case.away.people)):
            if person != self.case.person:
                yield self._to_call(person, shift)

    def _to_call(self, person: int, shift: CallShift) -> Offer | Refusal:
        case, who = self.case, self.case.away.people[person]
        unfit = self._unfit_for_call(person, shift)
        if unfit is not None:
            return Refusal(person, "eligibility", unfit)
        away = self._away_on(person, shift)
        if away is not None:
            return Refusal(person, "availability", away)
        if next(case.book.within(who.id, shift.start, shift.end), None) is not None:
            return Refusal(person, "call", "is on call then")
        return self._with_rest(person, shift)

    def _unfit_for_call(self, person: int, shift: CallShift) -> str | None:
        """Why a person takes no such call: faculty stand in for faculty, residents for nobody above them."""
        case, who = self.case, self.case.away.people[person]
        asked = case.away.people[case.person].type
        if who.type is not asked:
            return f"is {who.type}, {asked} is required".replace("_", " ")
        if who.fte <= 0:
            return "has an FTE of 0"
        if who.faculty_role is FacultyRole.ADJUNCT:
            return "is adjunct and takes no call"
        block = 2 * (case.book.night(shift).day - case.scope.start).days
        pgy = case.after.pgy[:, case.after.block_year[max(block, 0)]]
        if pgy[person] < pgy[case.person]:
            return f"is PGY-{pgy[person]}, PGY-{pgy[case.person]} or above is required"
        return None

    def _away_on(self, person: int, shift: CallShift) -> str | None:
        """Why a person is not there for a shift, by the same measure as conflicts of call and leave."""
        case, who = self.case, self.case.away.people[person]
        night = case.book.night(shift).day
        if (who.active_from and night < who.active_from) or (who.active_to and night >= who.active_to):
            return "is not in the program then"
        for absence in case.away.absences:
            if absence.person == who.id and absence.status in EFFECTIVE_ABSENCE_STATUSES:
                back = case.book.end(absence, RECOVERY_DAYS.get(absence.type, 0))
                if shift.end > case.book.eve(absence) and shift.start < back:
                    return f"is away {days_label(absence.start_date, absence.end_date)}"
        starts = block_starts(case.scope, case.away.timezone)
        edges = [shift.start.timestamp() / 60, shift.end.timestamp() / 60]
        first, last = np.searchsorted(starts, edges, side="right").tolist()
        then: list[int] = case.problem.service_before[person, max(first - 1, 0) : last].tolist()
        for held in then:
            if held != NOTHING and case.away.services[held].kind is ServiceKind.ABSENCE:
                return f"is on {case.after.service_names[held]}"
        return None

    def _with_rest(self, person: int, shift: CallShift) -> Offer | Refusal:
        """The half-days that call in house and the rest after it take from a person."""
        case = self.case
        gives_up: list[int] = []
        gaps: list[str] = []
        for block in self._taken_by(shift) if shift.in_house else ():
            held = int(case.problem.service_before[person, block])
            if held == NOTHING or not case.away.services[held].counts_as_duty:
                continue
            label = self.cell_label(held, block)
            if case.problem.fixed[person, block]:
                return Refusal(person, "work", f"is on {label}, which is locked and in its hours or the rest")
            gives_up.append(block)
            if self.needed[person, block]:
                gaps.append(label)
        told = tuple(
            self.cell_label(int(case.problem.service_before[person, each]), each) for each in gives_up
        )
        return Offer(Variant(person, shift=shift, gives_up=tuple(gives_up)), told, tuple(gaps))

    def _taken_by(self, shift: CallShift) -> range:
        """The half-days of the scope that begin in an in-house shift or in the rest after it."""
        rest = REST_AFTER_24_HOURS if shift.end - shift.start >= _LONG_CALL else REST_HOURS
        starts = block_starts(self.case.scope, self.case.away.timezone)
        edges = [shift.start.timestamp() / 60, shift.end.timestamp() / 60 + 60 * rest]
        first, last = np.searchsorted(starts, edges).tolist()
        return range(first, last)
