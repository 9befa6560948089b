"""Who can cover for a person: the slots that open, the plan for all of them, and what to know of the data."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal
from uuid import UUID

from residency.quality.conflicts_scene import days_label
from residency.scheduling.absence_case import AbsenceCase
from residency.scheduling.cover_plan import cover_plan
from residency.scheduling.cover_results import CoverReport
from residency.scheduling.substitutes import MOST_SUBSTITUTES, substitutes

Naming = Literal["id", "pseudonym"]
"""How people are shown: by the program's own ids inside the application, by pseudonym outside."""


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


def labels_of(case: AbsenceCase, naming: Naming) -> tuple[str, ...]:
    """What everybody is called."""
    people = case.planned.people
    return tuple(each.id if naming == "id" else each.pseudonym or each.id for each in people)


def notes_of(case: AbsenceCase, naming: Naming) -> tuple[str, ...]:
    """What a reader should know: days without a schedule, absences that are recorded already."""
    label, notes = labels_of(case, naming)[case.person], list[str]()
    asked = [case.absence.start_date + timedelta(days=day) for day in range(case.days.days)]
    silent = [day for day in asked if not any(day in days for days in case.covered)]
    if silent:
        count = "1 day has" if len(silent) == 1 else f"{len(silent)} days have"
        notes.append(
            f"{count} no published schedule and cannot be judged, {days_label(silent[0], silent[-1])}"
        )
    notes += [
        f"{label} is recorded as away {days_label(each.start_date, each.end_date)} already; "
        "told is what that opens, compared with being at work"
        for each in case.recorded
    ]
    return tuple(notes)
