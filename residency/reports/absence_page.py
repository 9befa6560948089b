"""What breaks if somebody is away, in sentences and as a page: the verdict, levels, conflicts."""

from datetime import timedelta

from residency.quality.schedule_validation import ToldConflict
from residency.reports.markdown import bullets, escape, page, table
from residency.reports.quality_sentences import share
from residency.reports.validation_page import CONFLICT_WORDS
from residency.reports.wording import DEFENSE_WORDS, LEVEL_WORDS, STATUS_WORDS, period_label, plural
from residency.scheduling.cover_results import AbsenceEffects, Levels

_CONFLICTS = 50
_DASH = "\N{EN DASH}"

LEVEL_HEADINGS = ("", "As planned", "With the absence")
_LEVEL_NAMES = (
    "Status",
    "Faculty used",
    "Utilization level",
    "Required slots filled",
    "Defense level",
    "Buffer",
)


def effect_sentences(effects: AbsenceEffects) -> list[str]:
    """The verdict, the three numbers, the conflicts, and what to know of the data."""
    days = period_label(effects.start, effects.last + timedelta(days=1))
    told = [f"{effects.person} away, {days}: {_verdict(effects)}."]
    told.append(
        f"{plural(effects.assigned_gap, 'slot')} to hand over, {effects.reassigned_gap} of them for which "
        f"nobody is left after the best reassignment; {plural(effects.supervision_deficit, 'attending')} "
        f"missing for supervision; {plural(effects.call_opened, 'call shift')} open."
    )
    found = plural(len(effects.conflicts), "conflict")
    critical = sum(each.severity == "critical" for each in effects.conflicts)
    told.append(f"{found} would be raised, {critical} of them critical.")
    if effects.back > effects.last + timedelta(days=1):
        told.append(f"Counted is the recovery owed until {effects.back}, too.")
    return [*told, *(f"{note[:1].upper()}{note[1:]}." for note in effects.notes)]


def _verdict(effects: AbsenceEffects) -> str:
    if not effects.can_be_absorbed:
        return "the program cannot absorb it without leaving slots or residents uncovered"
    if effects.assigned_gap or effects.call_opened:
        return "it can be absorbed, if others take over"
    return "nobody else is needed"


def level_rows(effects: AbsenceEffects) -> list[tuple[str, str, str]]:
    """Status, utilization, coverage and levels, before and after."""
    before, after = _figures(effects.before), _figures(effects.after)
    rows = list(zip(_LEVEL_NAMES, before, after, strict=True))
    return [*rows, ("Empty slots", str(effects.before.empty_slots), str(effects.after.empty_slots))]


def _figures(levels: Levels) -> tuple[str, ...]:
    used, defense = levels.utilization_level, levels.defense_level
    return (
        STATUS_WORDS[levels.status],
        share(levels.utilization),
        f"{used} ({LEVEL_WORDS[used]})" if used else _DASH,
        share(levels.coverage),
        f"{defense} ({DEFENSE_WORDS[defense]})" if defense else _DASH,
        share(levels.buffer),
    )


def conflict_row(conflict: ToldConflict) -> tuple[str, str, str]:
    """How grave, what kind, and the sentence."""
    return conflict.severity.value, CONFLICT_WORDS[conflict.type], conflict.description


def render_effects(effects: AbsenceEffects) -> str:
    """The page of a simulated absence as Markdown; people as the result names them."""
    verdict, *facts = effect_sentences(effects)
    levels = [[escape(cell) for cell in row] for row in level_rows(effects)]
    conflicts = [[escape(cell) for cell in conflict_row(each)] for each in effects.conflicts[:_CONFLICTS]]
    rest = len(effects.conflicts) - _CONFLICTS
    return page(
        [
            "# What breaks if this person is away",
            f"**{escape(verdict)}**",
            bullets(facts),
            table(LEVEL_HEADINGS, levels),
            "## Conflicts" if conflicts else "",
            table(("Severity", "Conflict", "What"), conflicts) if conflicts else "",
            f"And {rest} more." if rest > 0 else "",
            "This is a simulation. Nothing was stored.",
        ]
    )
