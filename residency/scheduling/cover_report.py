"""Who can cover for a person: the slots that open, the plan for all of them, and what to know of the data."""

from collections.abc import Sequence
from uuid import UUID

from residency.scheduling.absence_case import AbsenceCase, Naming, labels_of, notes_of
from residency.scheduling.cover_plan import cover_plan
from residency.scheduling.cover_results import CoverReport
from residency.scheduling.substitutes import MOST_SUBSTITUTES, substitutes


def cover_report(
    case: AbsenceCase,
    *,
    naming: Naming,
    version_ids: Sequence[UUID] = (),
    most: int = MOST_SUBSTITUTES,
    seconds: float | None = None,
) -> CoverReport:
    """Everything that is known of covering for a person.

    Args:
        case: who is away and when.
        naming: how people are shown.
        version_ids: the versions whose schedule it is.
        most: substitutes told of for each slot.
        seconds: how long a solver may look for a better plan; None for not at all.
    """
    labels = labels_of(case, naming)
    slots = substitutes(case, labels, most)
    return CoverReport(
        person=labels[case.person],
        start=case.absence.start_date,
        last=case.absence.end_date,
        window_start=case.window.start,
        window_end=case.window.end,
        rule_set=case.rules.id,
        version_ids=tuple(version_ids),
        slots=slots,
        plan=cover_plan(case, labels, slots, seconds=seconds),
        notes=notes_of(case, naming),
    )
