"""Conflicts of absences with what the service needs: empty slots, missing attendings, lost skills, crowds."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from residency.errors import InvalidInputError
from residency.program.availability import availability
from residency.program.records import Service
from residency.program.vocabulary import ConflictSeverity, ConflictType, PersonType, ServiceKind
from residency.quality.conflicts_results import Conflict
from residency.quality.conflicts_scene import Scene, counted, serves_inpatients
from residency.resilience.supervision import deficit

_TOGETHER = 2
"""One person away is nobody's crowd, however small the cohort."""


def slots_left_short(scene: Scene) -> Iterator[Conflict]:
    """coverage_gap: a slot that an absence, or the recovery after it, leaves below its minimum.

    The slot is short now and would be less so if the person were present. Critical for inpatient and call.
    """
    snapshot = scene.snapshot
    post, block = snapshot.assignment_post, snapshot.assignment_block
    gone = scene.planned.assignment_counts & ~snapshot.assignment_counts
    gone[gone] = (snapshot.demand > snapshot.assigned)[post[gone], block[gone]]
    for number, row in scene.lost.where(gone):
        absence, service = scene.absences[number], scene.row_service(row)
        here = int(post[row]), int(block[row])
        grave = serves_inpatients(service) or service.kind is ServiceKind.CALL
        slot, name = scene.row_slot(row), snapshot.post_label(here[0])
        yield Conflict(
            ConflictType.COVERAGE_GAP,
            ConflictSeverity.CRITICAL if grave else ConflictSeverity.WARNING,
            absence.person,
            f"{scene.leave_of(absence)}: {name} has {snapshot.assigned[here]} of "
            f"{snapshot.demand[here]} people on {slot.label}.",
            absence=absence,
            slot=slot,
            subject=name,
        )


def attendings_missing(scene: Scene) -> Iterator[Conflict]:
    """supervision_deficit: residents without an attending in a place that an absent one should supervise."""
    snapshot = scene.snapshot
    missing = deficit(snapshot.supervision_units.astype(np.int64), snapshot.supervisors.astype(np.int64))
    place, block = snapshot.assignment_location, snapshot.assignment_block
    gone = scene.planned.assignment_supervises & ~snapshot.assignment_supervises
    gone[gone] = missing[place[gone], block[gone]] > 0
    for number, row in scene.lost.where(gone):
        absence, slot = scene.absences[number], scene.row_slot(row)
        here = int(place[row]), int(block[row])
        name = snapshot.locations[here[0]]
        yield Conflict(
            ConflictType.SUPERVISION_DEFICIT,
            ConflictSeverity.CRITICAL,
            absence.person,
            f"{scene.leave_of(absence)}: {name} has {snapshot.supervisors[here]} of "
            f"{snapshot.supervision_required[here]} supervising attendings on {slot.label} "
            f"(ceil({snapshot.supervision_units[here]} units / 4)).",
            absence=absence,
            slot=slot,
            subject=name,
        )


def skills_lost(scene: Scene) -> Iterator[Conflict]:
    """sole_provider_loss: nobody is left for a demanded post that asks for a specialty or credential.

    Told once for each absence and skill, of people who could have filled it; assigned or not.
    """
    half_days: dict[tuple[int, str], set[int]] = {}
    snapshot = scene.snapshot
    for post in range(len(snapshot.post_service)):
        service = scene.program.services[int(snapshot.post_service[post])]
        skill = _skill(service)
        if not skill or not snapshot.demand[post].any():
            continue
        holders = np.flatnonzero(snapshot.eligible[:, post].any(axis=0))
        able = snapshot.eligible[:, post, holders][snapshot.block_year].T  # (holders, B)
        nobody = (snapshot.demand[post] > 0) & ~(able & snapshot.available[holders]).any(axis=0)
        could = nobody & able & scene.planned.available[holders]
        missed = could.any(axis=1)
        holders, could = holders[missed], could[missed]
        for number in np.flatnonzero(np.isin(scene.absence_person, holders)).tolist():
            row = int(np.searchsorted(holders, int(scene.absence_person[number])))
            first, _, end = scene.spans[number].tolist()
            blocks = first + np.flatnonzero(could[row, first:end])
            if len(blocks):
                half_days.setdefault((number, skill), set()).update(blocks.tolist())
    for (number, skill), blocks in half_days.items():
        absence = scene.absences[number]
        yield Conflict(
            ConflictType.SOLE_PROVIDER_LOSS,
            ConflictSeverity.WARNING,
            absence.person,
            f"{scene.leave_of(absence)}: nobody else is left with {skill} in "
            f"{counted(len(blocks), 'half-day')} that need it, the first on "
            f"{scene.block_slot(min(blocks)).label}.",
            absence=absence,
            subject=skill,
        )


def _skill(service: Service) -> str:
    words = {"the specialty": service.required_specialty, "the credential": service.required_credential}
    return " and ".join(f"{kind} {name}" for kind, name in words.items() if name)


def crowds_away(scene: Scene, cap: float) -> Iterator[Conflict]:
    """simultaneous_leave: more of a cohort away at once than the cap allows, and at least two.

    Cohorts are the residents of a PGY and the faculty of a role (faculty without one are one of their own).
    """
    share = _share(cap)
    snapshot = scene.snapshot
    # Whoever has not come yet, or has left, is no part of the cohort; who rests after call is.
    employed = availability(
        snapshot.period, snapshot.timezone, scene.program.people, scene.person_index, (), ()
    )
    away = np.zeros(employed.shape, np.bool_)
    for person, (first, end, _) in zip(scene.absence_person.tolist(), scene.spans.tolist(), strict=True):
        away[person, first:end] = True
    away &= employed
    for name, members in _cohorts(scene):
        size, gone = (members & employed).sum(axis=0), (members & away).sum(axis=0)
        crowded = (gone >= _TOGETHER) & (gone * share.denominator > size * share.numerator)
        involved = members & away & crowded
        for number in np.flatnonzero(involved.any(axis=1)[scene.absence_person]).tolist():
            person, (first, end, _) = int(scene.absence_person[number]), scene.spans[number].tolist()
            blocks = first + np.flatnonzero(involved[person, first:end])
            if len(blocks):
                worst = int(blocks[np.argmax(gone[blocks])])
                told = f"{gone[worst]} of {size[worst]} {name} are away at once on"
                yield _crowd(scene, number, name, told, worst, len(blocks))


def _crowd(scene: Scene, number: int, name: str, told: str, worst: int, half_days: int) -> Conflict:
    absence = scene.absences[number]
    return Conflict(
        ConflictType.SIMULTANEOUS_LEAVE,
        ConflictSeverity.WARNING,
        absence.person,
        f"{scene.leave_of(absence)}: {told} {scene.block_slot(worst).label}; the cap is exceeded in "
        f"{counted(half_days, 'half-day')}.",
        absence=absence,
        subject=name,
    )


def _share(cap: float) -> Fraction:
    if not 0 < cap <= 1:
        raise InvalidInputError("cap", cap, "a share above 0 and at most 1")
    return Fraction(str(cap))


def _cohorts(scene: Scene) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """The name of each cohort and who belongs to it when, shape (P, B)."""
    snapshot = scene.snapshot
    level = np.where(snapshot.is_resident[:, None], snapshot.pgy, 0)
    for pgy in sorted(set(level[level > 0].tolist())):
        yield f"PGY-{pgy}", (level == pgy)[:, snapshot.block_year]
    office = [
        f"faculty {person.faculty_role or ''}".strip() if person.type is PersonType.FACULTY else ""
        for person in scene.program.people
    ]
    for name in sorted(set(office) - {""}):
        members = np.array([each == name for each in office], np.bool_)
        yield name, np.repeat(members[:, None], snapshot.period.blocks, axis=1)
