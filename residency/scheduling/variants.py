"""What taking over one piece of work does to a person's duty: many people and pieces judged at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from residency.acgme.engine import judge
from residency.acgme.findings import Finding, Verdict
from residency.acgme.kinds import KINDS, SCHEDULED
from residency.acgme.program_duty import planned_duties
from residency.acgme.record import Basis, Duties
from residency.acgme.schedule import duty_record
from residency.acgme.spans import Spans
from residency.program.calendar import Period
from residency.program.records import (
    SOURCE_CODES,
    Absence,
    Assignments,
    CallShift,
    PgyLevel,
    Program,
    Rotation,
)
from residency.program.vocabulary import AssignmentSource
from residency.quality.hours import planned_hours
from residency.resilience.pairs import ranges
from residency.scheduling.absence_case import REACH_DAYS, AbsenceCase

_REPAIR = SOURCE_CODES[AssignmentSource.ABSENCE_REPAIR]
_SCHEDULED = np.array([kind in SCHEDULED for kind in KINDS], np.bool_)
_MINUTES_AN_HOUR = 60

_Row = TypeVar("_Row", PgyLevel, CallShift, Absence, Rotation)
_FindingKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Variant:
    """One person's duty with a change: an assignment or a call shift more, some half-days given up for it.

    ``takes`` is (half-day, service, role) and ``gives_up`` are half-days, both of the case's scope.
    """

    person: int
    takes: tuple[int, int, int] | None = None
    shift: CallShift | None = None
    gives_up: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """What a variant does to its person, against the same person without it.

    Hours are those of the case's window. Rest is the time off, in hours, before and after the period of work
    that the piece becomes part of; None where the piece is no work at the hospital, or no work is known
    beyond the rest.
    """

    hours_before: float
    hours_after: float
    rest_before: float | None
    rest_after: float | None
    violations: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


def effects(case: AbsenceCase, variants: Sequence[Variant]) -> tuple[Effect, ...]:
    """The effects of some variants, all by one look of the engine.

    Only residents are judged. Violations and warnings are those that the person has only with the change, or
    that lie farther from their limit with it.
    """
    if not variants:
        return ()
    people = sorted({variant.person for variant in variants})
    place = {person: number for number, person in enumerate(people)}
    everything = [*(Variant(person) for person in people), *variants]
    program = _program_of(case, everything)
    duties = planned_duties(program, {each.id: number for number, each in enumerate(program.people)})
    hours = planned_hours(duties, len(everything), case.window, program.timezone, ()).hours
    span = Period(case.scope.start, case.scope.end + timedelta(days=REACH_DAYS))
    record = duty_record(program, span, Basis.PLANNED, case.rules, covered=case.covered)
    found: list[dict[_FindingKey, Finding]] = [{} for _ in everything]
    for each in judge(record, case.rules).findings:
        if each.verdict in (Verdict.VIOLATION, Verdict.WARNING):
            found[int(each.person)][each.rule, each.force, each.window_start] = each
    rests = _rests(duties, _pieces(case, everything), len(everything), record.longest_break)
    told: list[Effect] = []
    for number, variant in enumerate(variants, len(people)):
        base = place[variant.person]
        who = case.away.people[variant.person].id
        new = [
            replace(each, person=who)
            for key, each in found[number].items()
            if _worse(each, found[base].get(key))
        ]
        told.append(
            Effect(
                float(hours[base]),
                float(hours[number]),
                *rests[number],
                violations=tuple(each for each in new if each.verdict is Verdict.VIOLATION),
                warnings=tuple(each for each in new if each.verdict is Verdict.WARNING),
            )
        )
    return tuple(told)


def _worse(finding: Finding, before: Finding | None) -> bool:
    """Whether a finding is new, or farther from its limit than it was."""
    if before is None:
        return True
    return abs(finding.value - finding.limit) > abs(before.value - before.limit)


def _program_of(case: AbsenceCase, variants: Sequence[Variant]) -> Program:
    """A program in which each variant is a person of its own, whose id is its number."""
    away = case.away
    who = [away.people[variant.person].id for variant in variants]
    taken = tuple(
        replace(variant.shift, person=str(number))
        for number, variant in enumerate(variants)
        if variant.shift is not None
    )
    return replace(
        away,
        people=tuple(
            replace(away.people[variant.person], id=str(number)) for number, variant in enumerate(variants)
        ),
        pgy_levels=_renumbered(away.pgy_levels, who),
        assignments=Assignments.joined([_kept(case, variants), _taken(case, variants)]),
        call_shifts=(*_renumbered(away.call_shifts, who), *taken),
        absences=_renumbered(away.absences, who),
        rotations=_renumbered(away.rotations, who),
        duty_logs=(),
        users=(),
    )


def _renumbered(rows: Sequence[_Row], who: Sequence[str]) -> tuple[_Row, ...]:
    """The rows of each person as often as the person stands in ``who``, under their number there."""
    of: dict[str, list[_Row]] = {}
    for row in rows:
        of.setdefault(row.person, []).append(row)
    return tuple(
        replace(row, person=str(number)) for number, person in enumerate(who) for row in of.get(person, ())
    )


def _kept(case: AbsenceCase, variants: Sequence[Variant]) -> Assignments:
    """What the schedule gives each variant's person, without the half-days that the variant gives up."""
    rows = case.away.assignments
    order = np.argsort(rows.person, kind="stable")
    bounds = np.searchsorted(rows.person[order], np.arange(len(case.away.people) + 1))
    person = np.array([variant.person for variant in variants], np.int64)
    count = bounds[person + 1] - bounds[person]
    number = np.repeat(np.arange(len(variants), dtype=np.int32), count)
    copied = replace(rows.take(order[ranges(bounds[person], count)]), person=number)
    first = 2 * int(np.datetime64(case.scope.start, "D").astype(np.int64))
    given = [(number, first + block) for number, variant in enumerate(variants) for block in variant.gives_up]
    gone = np.array([(number << 32) + half_day for number, half_day in given], np.int64)
    keys = (copied.person.astype(np.int64) << 32) + 2 * copied.day.astype(np.int64) + copied.half
    return copied.take(~np.isin(keys, gone))


def _taken(case: AbsenceCase, variants: Sequence[Variant]) -> Assignments:
    """What each variant takes over, as rows of its own."""
    taken = [(number, *variant.takes) for number, variant in enumerate(variants) if variant.takes is not None]
    columns = np.array(taken, np.int64).reshape(-1, 4)
    return Assignments(
        person=columns[:, 0].astype(np.int32),
        service=columns[:, 2].astype(np.int32),
        day=np.datetime64(case.scope.start, "D") + columns[:, 1] // 2,
        half=(columns[:, 1] % 2).astype(np.int8),
        role=columns[:, 3].astype(np.int8),
        source=np.full(len(columns), _REPAIR, np.int8),
        locked=np.zeros(len(columns), np.bool_),
    )


def _pieces(case: AbsenceCase, variants: Sequence[Variant]) -> Duties:
    """The duty of the pieces alone that the variants take over."""
    alone = replace(
        case.away,
        people=tuple(replace(case.away.people[0], id=str(number)) for number in range(len(variants))),
        assignments=_taken(case, variants),
        call_shifts=tuple(
            replace(each.shift, person=str(number))
            for number, each in enumerate(variants)
            if each.shift is not None
        ),
        absences=(),
    )
    return planned_duties(alone, {str(number): number for number in range(len(variants))})


def _rests(
    duties: Duties, pieces: Duties, variants: int, longest_break: int
) -> list[tuple[float | None, float | None]]:
    """Hours off before and after the period of work that each variant's piece lies in.

    Args:
        duties: all duty of every variant.
        pieces: the duty of the pieces, at most one each.
        variants: how many there are.
        longest_break: minutes between two half-days that are no rest.
    """
    work, pieces = (each.take(_SCHEDULED[each.kind]) for each in (duties, pieces))
    rests: list[tuple[float | None, float | None]] = [(None, None)] * variants
    if not len(pieces):
        return rests
    origin = int(work.start.min())
    width = int(work.end.max()) - origin + 1
    offset = work.person.astype(np.int64) * width - origin
    spans = Spans.merged(work.start + offset, work.end + offset)
    spans = spans.bridged(np.full(len(spans), longest_break, np.int64), spans.start // width)
    at = np.searchsorted(spans.start, pieces.start + pieces.person * np.int64(width) - origin, "right") - 1
    owner = spans.start // width
    for number, place in zip(pieces.person.tolist(), at.tolist(), strict=True):
        rests[number] = _gap(spans, owner, place - 1), _gap(spans, owner, place)
    return rests


def _gap(spans: Spans, owner: NDArray[np.int64], place: int) -> float | None:
    """Hours between a period of work and the next one of the same person; None where either is missing."""
    if place < 0 or place + 1 >= len(spans) or owner[place] != owner[place + 1]:
        return None
    return int(spans.start[place + 1] - spans.end[place]) / _MINUTES_AN_HOUR
