"""Call that an absence leaves open and that nobody else could take without breaking a rule."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from residency.acgme.engine import judge
from residency.acgme.program_duty import planned_duties
from residency.acgme.record import Basis, Duties, DutyRecord
from residency.acgme.rules import RuleSet
from residency.acgme.schedule import duty_record
from residency.program.calendar import Period
from residency.program.records import Absence, Assignments, CallShift, Program
from residency.program.vocabulary import RECOVERY_DAYS, ConflictSeverity, ConflictType, PersonType
from residency.quality.conflicts_call import CallBook
from residency.quality.conflicts_results import Conflict
from residency.quality.conflicts_scene import Scene

_NAMED = 5


@dataclass(frozen=True)
class Limits:
    """The duty-hours rules, asked what one more call shift would do to each of some residents."""

    program: Program
    period: Period
    rules: RuleSet
    covered: Sequence[Period]

    @cached_property
    def _record(self) -> DutyRecord:
        return duty_record(self.program, self.period, Basis.PLANNED, self.rules, covered=self.covered)

    @cached_property
    def _broken_already(self) -> frozenset[tuple[str, ...]]:
        return _broken(self._record, self.rules)

    def without_taker(self, offers: Sequence[tuple[CallShift, Sequence[str]]]) -> list[bool]:
        """Of each shift, whether every resident it is offered to would break a ``must`` rule by it.

        A rule counts that the resident keeps without the shift. People are judged each by themselves, so that
        one judgement tries as many shifts as there are people, one each; the first who may take a shift
        ends its search.
        """
        waiting = {number: list(reversed(takers)) for number, (_, takers) in enumerate(offers)}
        open_still = [True] * len(offers)
        while waiting := {number: takers for number, takers in waiting.items() if takers}:
            tried: dict[str, int] = {}
            for number, takers in waiting.items():
                taker = next((person for person in reversed(takers) if person not in tried), None)
                if taker is not None:
                    takers.remove(taker)
                    tried[taker] = number
            over = self._over({person: offers[number][0] for person, number in tried.items()})
            for person, number in tried.items():
                if person not in over:
                    open_still[number] = False
                    waiting[number] = []
        return open_still

    def _over(self, extra: Mapping[str, CallShift]) -> set[str]:
        """Who breaks a rule by one more shift of their own."""
        shifts = tuple(replace(shift, person=person) for person, shift in extra.items())
        alone = replace(self.program, assignments=Assignments.empty(), call_shifts=shifts)
        record = self._record
        number = {person: row for row, person in enumerate(record.people)}
        more = _joined(record.duties, planned_duties(alone, number, locked_only=False))
        broken = _broken(replace(record, duties=more), self.rules)
        return {key[2] for key in broken - self._broken_already}


def _joined(first: Duties, second: Duties) -> Duties:
    columns = ("person", "start", "end", "kind", "new_patient")
    return Duties(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in columns))


def _broken(record: DutyRecord, rules: RuleSet) -> frozenset[tuple[str, ...]]:
    return frozenset(finding.key for finding in judge(record, rules).violations)


def call_without_taker(scene: Scene, book: CallBook, limits: Limits) -> Iterator[Conflict]:
    """call_cascade: call under leave, where whoever could take it would break a ``must`` rule by it.

    Who could take it: people of the same type who hold call of that kind in the schedule and are neither away
    nor on call then. The duty-hours rules bind residents alone, so that an attending's call is in conflict
    only where nobody is free. Windows that end after the snapshot are not judged.
    """
    callers = _callers(scene)
    away: dict[str, list[tuple[datetime, datetime]]] = {}
    for each in scene.absences:
        back = book.end(each, RECOVERY_DAYS.get(each.type, 0))
        away.setdefault(each.person, []).append((book.eve(each), back))
    offers: list[tuple[Absence, CallShift, list[str]]] = []
    for absence in scene.absences:
        for shift in book.under(absence):
            kind = _type(scene, absence.person)
            could = sorted(callers[kind, shift.kind] - {absence.person})
            free = (person for person in could if _free(scene, book, person, shift, away.get(person, ())))
            if kind is PersonType.RESIDENT:
                offers.append((absence, shift, list(free)))
            elif next(free, None) is None:
                yield _cascade(scene, absence, book, shift, ())
    without = limits.without_taker([(shift, takers) for _, shift, takers in offers])
    for (absence, shift, takers), nobody in zip(offers, without, strict=True):
        if nobody:
            yield _cascade(scene, absence, book, shift, takers)


def _callers(scene: Scene) -> dict[tuple[PersonType, str], set[str]]:
    """Who holds call, by their type and its kind."""
    found: dict[tuple[PersonType, str], set[str]] = {}
    for shift in scene.program.call_shifts:
        found.setdefault((_type(scene, shift.person), shift.kind), set()).add(shift.person)
    return found


def _type(scene: Scene, person: str) -> PersonType:
    return scene.program.people[scene.person_index[person]].type


def _free(
    scene: Scene, book: CallBook, person: str, shift: CallShift, away: Sequence[tuple[datetime, datetime]]
) -> bool:
    who, night = scene.program.people[scene.person_index[person]], book.night(shift).day
    begun = who.active_from is None or who.active_from <= night
    stays = who.active_to is None or who.active_to > night
    here = all(shift.end <= eve or shift.start >= back for eve, back in away)
    return begun and stays and here and next(book.within(person, shift.start, shift.end), None) is None


def _cascade(
    scene: Scene, absence: Absence, book: CallBook, shift: CallShift, free: Sequence[str]
) -> Conflict:
    slot = book.night(shift)
    named = ", ".join(sorted(scene.pseudonym(person) for person in free)[:_NAMED])
    more = f" and {len(free) - _NAMED} more" if len(free) > _NAMED else ""
    who = (
        f"whoever could take it ({named}{more}) would break a rule of duty hours"
        if free
        else "nobody else who takes such call is free"
    )
    return Conflict(
        ConflictType.CALL_CASCADE,
        ConflictSeverity.WARNING,
        absence.person,
        f"{scene.leave_of(absence)} and has {shift.kind} call on {slot.label}: {who}.",
        absence=absence,
        slot=slot,
        subject=f"{shift.kind} call",
    )
