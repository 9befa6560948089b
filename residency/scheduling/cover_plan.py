"""One plan that closes all the gaps of an absence together, told move by move, and what it cannot close."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from residency.program.records import CallShift
from residency.scheduling.absence_case import AbsenceCase
from residency.scheduling.cover_results import Blocking, CoverPlan, Move, OpenSlot, RuledOut
from residency.scheduling.problem import NOTHING
from residency.scheduling.repair import repair
from residency.scheduling.repaired import CallMove, Repair, changed
from residency.scheduling.stuck import StuckHalfDay, stuck_half_days
from residency.scheduling.substitutes import ruled_out, service_label, shift_label

_NAMED = 6
_PLURALS = {"is": "are", "recovers": "recover"}


def cover_plan(
    case: AbsenceCase, labels: Sequence[str], slots: Sequence[OpenSlot], *, seconds: float | None = None
) -> CoverPlan:
    """The fewest moves found that close the gaps, and the proof for what stays open.

    Args:
        case: who is away and when.
        labels: what people are called, one for each of the program's people.
        slots: what opens, with everybody who could take call and who could not.
        seconds: how long a solver may look for a better plan than the immediate one; None for not at all.
    """
    return told_plan(case, repair(case.problem, seconds=seconds), labels, slots)


def told_plan(
    case: AbsenceCase, found: Repair, labels: Sequence[str], slots: Sequence[OpenSlot]
) -> CoverPlan:
    """A repair of the case's problem in words."""
    empty = _still_empty(case, found)
    blocks: list[int] = np.flatnonzero(empty.any(axis=0)).tolist()
    stuck = stuck_half_days(case, blocks)
    taken = {_shift(case, move) for move in found.calls if move.to is not None}
    open_calls = [
        slot
        for shift in case.open_shifts
        for slot in slots
        if shift not in taken and (slot.starts_at, slot.what) == (shift.start, f"{shift.kind} call")
    ]
    return CoverPlan(
        moves=(*_moves(case, found, labels), *_call_moves(case, found, labels)),
        still_open=(
            *(label for block in blocks for label in _empty_labels(case, empty, block)),
            *(f"{slot.what}, {slot.label}" for slot in open_calls),
        ),
        blocking=(
            *(blocking for each in stuck for blocking in _blocking(case, each, labels)),
            *(_call_blocking(slot) for slot in open_calls if not slot.candidates),
        ),
        open_together=(
            *(case.scope.label(each.block) for each in stuck if not each.proofs),
            *(f"{slot.what}, {slot.label}" for slot in open_calls if slot.candidates),
        ),
        layer=found.layer.value,
        proven=found.is_proven,
    )


def _still_empty(case: AbsenceCase, found: Repair) -> NDArray[np.int64]:
    """Slots that the plan leaves empty and that were filled before, shape (Q, B)."""
    problem = case.problem
    empty = found.unfilled.astype(np.int64)
    real = problem.real_posts
    # Attendings who were missing before the absence are no gap of the absence.
    missing = problem.short_before[problem.post_place[real:]]
    empty[real:] = np.maximum(empty[real:] - missing, 0)
    return empty


def _moves(case: AbsenceCase, found: Repair, labels: Sequence[str]) -> Iterator[Move]:
    """The changed cells of people who are there, in order of time."""
    problem = case.problem
    cells = changed(problem, found.service, found.role) & ~case.lost
    for block, person in np.argwhere(cells.T).tolist():
        before = _named(case, problem.service_before, problem.role_before, person, block)
        after = _named(case, found.service, found.role, person, block)
        when = case.scope.label(block)
        if after is None:
            sentence = f"{labels[person]} leaves {before} on {when}, with nothing instead."
        elif before is None:
            sentence = f"{labels[person]}, who is free, takes {after} on {when}."
        else:
            sentence = f"{labels[person]} moves from {before} to {after} on {when}."
        yield Move(
            person=labels[person],
            day=case.scope.day(block),
            half=case.scope.half(block),
            given_up=before,
            taken=after,
            sentence=sentence,
        )


def _named(
    case: AbsenceCase, service: NDArray[np.int32], role: NDArray[np.int8], person: int, block: int
) -> str | None:
    held = int(service[person, block])
    return None if held == NOTHING else service_label(case, held, int(role[person, block]))


def _call_moves(case: AbsenceCase, found: Repair, labels: Sequence[str]) -> Iterator[Move]:
    for move in found.calls:
        if move.to is not None:
            shift = _shift(case, move)
            yield Move(
                person=labels[move.to],
                day=case.book.night(shift).day,
                half=None,
                given_up=None,
                taken=f"{shift.kind} call",
                sentence=f"{labels[move.to]} takes the {shift.kind} call, {shift_label(case, shift)}.",
            )


def _shift(case: AbsenceCase, move: CallMove) -> CallShift:
    return case.planned.call_shifts[move.shift]


def _empty_labels(case: AbsenceCase, empty: NDArray[np.int64], block: int) -> Iterator[str]:
    """``2 x Colposcopy, Tue 3 Mar AM``."""
    problem = case.problem
    for post in np.flatnonzero(empty[:, block]).tolist():
        what = service_label(case, int(problem.post_service[post]), int(problem.post_role[post]))
        count = int(empty[post, block])
        times = f"{count} x " if count > 1 else ""
        yield f"{times}{what}, {case.scope.label(block)}"


def _blocking(case: AbsenceCase, each: StuckHalfDay, labels: Sequence[str]) -> Iterator[Blocking]:
    problem = case.problem
    for proof in each.proofs:
        found, out = proof.blocking, ruled_out(proof.refusals, labels)
        names = tuple(
            service_label(case, int(problem.post_service[post]), int(problem.post_role[post]))
            for post in found.posts
        )
        people = tuple(sorted(labels[person] for person in found.people))
        slots = f"the {found.slots} slots of {_and(names)} need {found.slots} people"
        needs = slots if found.slots > 1 else f"the slot of {names[0]} needs one person"
        could = f"only {_and(people)} could fill them" if people else "nobody could fill it"
        yield Blocking(
            day=case.scope.day(each.block),
            half=case.scope.half(each.block),
            slots=names,
            people=people,
            ruled_out=out,
            missing=found.missing,
            sentence=f"{case.scope.label(each.block)}: {needs}, and {could}.{_why(out)}",
        )


def _call_blocking(slot: OpenSlot) -> Blocking:
    return Blocking(
        day=slot.day,
        half=None,
        slots=(slot.what,),
        people=(),
        ruled_out=slot.ruled_out,
        missing=1,
        sentence=f"{slot.what}, {slot.label}: nobody could take it.{_why(slot.ruled_out)}",
    )


def _why(out: Sequence[RuledOut]) -> str:
    """Why those who know the work could not do it; who does not know it is not spoken of."""
    told = [
        f"{_and(each.people[:_NAMED], len(each.people))} {_of_many(each)}"
        for each in out
        if each.kind != "eligibility"
    ]
    return f" {'; '.join(told)}." if told else ""


def _of_many(out: RuledOut) -> str:
    """The reason, in the plural where it is that of several people."""
    verb, _, rest = out.reason.partition(" ")
    return f"{_PLURALS.get(verb, verb)} {rest}" if len(out.people) > 1 else out.reason


def _and(names: Sequence[str], total: int | None = None) -> str:
    """``A, B and C``, or ``A, B and 4 more`` of a greater total."""
    rest = (total or len(names)) - len(names)
    head, tail = (names, f"{rest} more") if rest > 0 else (names[:-1], names[-1])
    return f"{', '.join(head)} and {tail}" if head else tail
