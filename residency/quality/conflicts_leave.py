"""Conflicts between people's absences and what they are assigned to in the same half-days."""

from collections.abc import Iterator
from datetime import date, timedelta

from residency.program.vocabulary import AbsenceType, ConflictSeverity, ConflictType
from residency.quality.conflicts_results import Conflict, Grade
from residency.quality.conflicts_scene import Scene, counted
from residency.quality.conflicts_weeks import friday_of

EXTERNAL_TYPES = frozenset(
    {
        AbsenceType.CONFERENCE,
        AbsenceType.DEPLOYMENT,
        AbsenceType.TDY,
        AbsenceType.PCS,
        AbsenceType.TRAINING,
        AbsenceType.MILITARY_DUTY,
    }
)
"""Absences that are a commitment to somebody else, so that only the schedule can give way."""


def inpatient_weeks_under_leave(scene: Scene) -> Iterator[Conflict]:
    """leave_fmit_overlap: an attending is away while assigned to an inpatient service; one per Friday week.

    Any half-day counts, because the stored data does not mark which inpatient assignments are FMIT.
    """
    half_days: dict[tuple[int, date, str], int] = {}
    for absence, row in scene.away.where(scene.inpatient):
        key = absence, friday_of(scene.row_slot(row).day), scene.row_service(row).abbreviation
        half_days[key] = half_days.get(key, 0) + 1
    for (number, week, service), count in half_days.items():
        absence = scene.absences[number]
        yield Conflict(
            ConflictType.LEAVE_FMIT_OVERLAP,
            ConflictSeverity.CRITICAL,
            absence.person,
            f"{scene.leave_of(absence)} and has {counted(count, 'half-day')} of {service} in the inpatient "
            f"week from Fri {week.day} {week:%b} to Thu {week + timedelta(days=6):%-d %b}.",
            absence=absence,
            week_start=week,
            subject=service,
        )


def assignments_under_leave(scene: Scene) -> Iterator[Conflict]:
    """leave_assignment_overlap: any other duty in a half-day of an absence, graded by the service.

    Inpatient weeks and call have conflicts of their own and are not told twice.
    """
    for number, row in scene.away.where(scene.duty & ~scene.inpatient & ~scene.call):
        absence, service, slot = scene.absences[number], scene.row_service(row), scene.row_slot(row)
        no_leave = "" if service.leave_eligible else ", which allows no leave"
        yield Conflict(
            ConflictType.LEAVE_ASSIGNMENT_OVERLAP,
            ConflictSeverity.WARNING,
            absence.person,
            f"{scene.leave_of(absence)} and is assigned to {service.abbreviation}{no_leave} on {slot.label}.",
            absence=absence,
            slot=slot,
            subject=service.abbreviation,
            grade=Grade.MEDIUM if service.leave_eligible else Grade.HIGH,
        )


def work_in_recovery(scene: Scene) -> Iterator[Conflict]:
    """recovery_violation: duty in the days owed after a deployment (7) or convalescence (3)."""
    for number, row in scene.recovering.where(scene.duty):
        absence, service, slot = scene.absences[number], scene.row_service(row), scene.row_slot(row)
        yield Conflict(
            ConflictType.RECOVERY_VIOLATION,
            ConflictSeverity.WARNING,
            absence.person,
            f"{scene.pseudonym(absence.person)} is assigned to {service.abbreviation} on {slot.label}, "
            f"{scene.recovery_of(absence)}.",
            absence=absence,
            slot=slot,
            subject=service.abbreviation,
        )


def commitments_elsewhere(scene: Scene) -> Iterator[Conflict]:
    """external_commitment: any duty during a conference, TDY, PCS, deployment, training or military duty.

    One for each such absence, beside what its half-days are told as: it says that the absence cannot move.
    """
    half_days: dict[int, int] = {}
    for number, _ in scene.away.where(scene.duty):
        half_days[number] = half_days.get(number, 0) + 1
    for number, count in half_days.items():
        absence = scene.absences[number]
        if absence.type in EXTERNAL_TYPES:
            yield Conflict(
                ConflictType.EXTERNAL_COMMITMENT,
                ConflictSeverity.WARNING,
                absence.person,
                f"{scene.leave_of(absence)} on a commitment elsewhere and is in the schedule for "
                f"{counted(count, 'half-day')} of it.",
                absence=absence,
            )
