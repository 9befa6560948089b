"""What breaks if a person is away for some days, told without storing anything."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from residency.program.calendar import Period
from residency.program.snapshot import Snapshot
from residency.quality.conflicts import detect_conflicts
from residency.quality.conflicts_results import Conflict
from residency.quality.schedule_validation import told_conflict
from residency.resilience.health import assess
from residency.resilience.reassignment import reassignment_losses
from residency.scheduling.absence_case import AbsenceCase, Naming, covered_snapshot, notes_of, shown
from residency.scheduling.cover_results import AbsenceEffects, Levels
from residency.scheduling.openings import supervision_gap


def absence_effects(case: AbsenceCase, *, naming: Naming, version_ids: Sequence[UUID] = ()) -> AbsenceEffects:
    """The increases, the conflicts that an absence would raise, and the levels before and after.

    Figures are over the days away and the recovery owed after them. The assigned gap is what stays empty
    when the person's assignments vanish, the reassigned gap what stays empty after the best reassignment of
    everybody else, the supervision deficit the attendings missing against ceil(units / 4). Conflicts are
    those that are found with the absence and not without it, in the academic blocks that the days touch.

    Args:
        case: who is away, when and why.
        naming: how people are shown.
        version_ids: the versions whose schedule it is.
    """
    before = covered_snapshot(case.planned, case.days, case.covered)
    after = covered_snapshot(case.away, case.days, case.covered)
    raised, resolved = _conflicts(case, naming)
    names = {each.id: shown(each, naming) for each in case.planned.people}
    return AbsenceEffects(
        person=names[case.absence.person],
        start=case.absence.start_date,
        last=case.absence.end_date,
        back=case.days.end,
        type=case.absence.type,
        version_ids=tuple(version_ids),
        assigned_gap=int(before.filled.sum()) - int(after.filled.sum()),
        reassigned_gap=_short(after) - _short(before),
        supervision_deficit=int(supervision_gap(after).sum()) - int(supervision_gap(before).sum()),
        call_opened=len(case.open_shifts),
        conflicts=tuple(told_conflict(each, names) for each in raised),
        resolved=resolved,
        before=_levels(before),
        after=_levels(after),
        notes=notes_of(case, naming),
    )


def _short(snapshot: Snapshot) -> int:
    """Slots that stay empty after the best reassignment."""
    return int(reassignment_losses(snapshot).shortage.sum())


def _conflicts(case: AbsenceCase, naming: Naming) -> tuple[tuple[Conflict, ...], int]:
    """The conflicts that the absence raises, and how many of the schedule as planned it takes away.

    Their descriptions name people by what the snapshot has for pseudonyms.
    """
    scope, window = case.scope, case.window
    days = Period(min(scope.start, window.start), max(scope.end, window.end))
    # Call under leave is a conflict as long as nobody has taken it over.
    away = replace(case.away, call_shifts=case.planned.call_shifts)
    found: list[dict[str, Conflict]] = []
    for program in (case.planned, away):
        snapshot = covered_snapshot(program, days, case.covered)
        snapshot = replace(snapshot, pseudonyms=tuple(shown(each, naming) for each in program.people))
        conflicts = detect_conflicts(program, snapshot, days, rules=case.rules, covered=case.covered)
        found.append({each.fingerprint: each for each in conflicts})
    before, after = found
    raised = tuple(conflict for key, conflict in after.items() if key not in before)
    return raised, sum(key not in after for key in before)


def _levels(snapshot: Snapshot) -> Levels:
    health = assess(snapshot, None)
    return Levels(
        status=health.status,
        utilization=health.utilization,
        utilization_level=health.utilization_level,
        coverage=health.coverage,
        defense_level=health.defense_level,
        buffer=health.buffer,
        empty_slots=health.required_slots - health.filled_slots,
    )
