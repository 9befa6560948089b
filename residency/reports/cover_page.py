"""Who can cover for somebody, in sentences and as a page: the verdict first, then slot by slot."""

from collections.abc import Sequence
from datetime import timedelta

from residency.reports.markdown import bullets, escape, page, table
from residency.reports.quality_sentences import figure
from residency.reports.wording import listed, period_label, plural
from residency.scheduling.cover_results import CoverReport, OpenSlot, RuledOut, Substitute

_SLOTS = 40
_SUBSTITUTES = 5
_PEOPLE = 5
_DASH = "\N{EN DASH}"

SUBSTITUTE_HEADINGS = ("Who", "Cohort", "Hours", "Fairness", "Rest before, after", "Gives up", "Duty hours")


def cover_sentences(report: CoverReport) -> list[str]:
    """The verdict, what the plan does, and what to know of the data."""
    days = period_label(report.start, report.last + timedelta(days=1))
    who = f"{report.person} is away, {days}"
    if not report.slots:
        return [f"{who}: nothing opens that needs somebody else.", *_notes(report.notes)]
    opens = plural(len(report.slots), "slot opens", "slots open")
    plan = report.plan
    nobody = [slot for slot in report.slots if not slot.candidates]
    told = [f"{who}: {opens}."]
    unwatched = sum("supervision" in slot.required_by for slot in report.slots)
    if unwatched:
        told.append(f"Without {plural(unwatched, 'of them', 'of them')} residents lack an attending.")
    if not plan.still_open:
        told.append(f"All can be covered, with {plural(len(plan.moves), 'move')}{_proven(report)}.")
    else:
        left = plural(len(plan.still_open), "slot stays", "slots stay")
        told.append(f"{left} open in the best plan known, with {plural(len(plan.moves), 'move')}.")
    if nobody:
        names = listed([f"{slot.what} ({slot.label})" for slot in nobody], _PEOPLE)
        told.append(f"Nobody could simply step in for {names}.")
    if plan.blocking:
        told.append("That nobody can close the rest is proven below.")
    if plan.open_together:
        told.append(
            f"What is open on {listed(list(plan.open_together), _PEOPLE)} could be filled by itself; "
            "no way was found to fill it and keep all else covered."
        )
    return [*told, *_notes(report.notes)]


def _proven(report: CoverReport) -> str:
    return ", and no plan needs fewer" if report.plan.proven else ""


def _notes(notes: Sequence[str]) -> list[str]:
    return [f"{note[:1].upper()}{note[1:]}." for note in notes]


def substitute_row(each: Substitute) -> tuple[str, ...]:
    """The figures of one substitute, as :data:`SUBSTITUTE_HEADINGS` names them."""
    return (
        each.person,
        each.cohort or _DASH,
        f"{each.hours_before:,.1f} to {each.hours_after:,.1f}",
        f"{figure(each.fairness_before)} to {figure(each.fairness_after)}",
        f"{_rest(each.rest_before)}, {_rest(each.rest_after)}",
        _given_up(each),
        each.acgme,
    )


def _rest(hours: float | None) -> str:
    return _DASH if hours is None else f"{hours:,.1f} h"


def _given_up(each: Substitute) -> str:
    if not each.gives_up:
        return _DASH
    opens = f"; opens {listed(list(each.gaps_elsewhere), _PEOPLE)}" if each.gaps_elsewhere else ""
    return f"{listed(list(each.gives_up), _PEOPLE)}{opens}"


def ruled_out_sentences(groups: Sequence[RuledOut]) -> list[str]:
    """``F02, F05 and 3 more: is needed on Clinic``."""
    return [f"{listed(list(each.people), _PEOPLE)}: {each.reason}" for each in groups]


def slot_title(slot: OpenSlot) -> str:
    """``Colposcopy, Tue 3 Mar AM: 4 people could take it``."""
    could = plural(slot.candidates, "person", "people") if slot.candidates else "nobody"
    return f"{slot.what}, {slot.label}: {could} could take it"


def render_cover(report: CoverReport) -> str:
    """The page of a cover report as Markdown; people as the report names them."""
    verdict, *facts = cover_sentences(report)
    plan = report.plan
    window = period_label(report.window_start, report.window_end)
    rest = len(report.slots) - _SLOTS
    return page(
        [
            "# Who can cover",
            f"**{escape(verdict)}** {escape(' '.join(facts))}",
            _section("The plan", [move.sentence for move in plan.moves]),
            _section("Still open", plan.still_open),
            _section("Why nobody can", [each.sentence for each in plan.blocking]),
            *(_slot(slot) for slot in report.slots[:_SLOTS]),
            f"And {plural(rest, 'slot')} more." if rest > 0 else "",
            escape(f"Hours and fairness are of {window}; judged by {report.rule_set}. Nothing was changed."),
        ]
    )


def _section(title: str, sentences: Sequence[str]) -> str:
    return f"## {title}\n\n{bullets(sentences)}" if sentences else ""


def _slot(slot: OpenSlot) -> str:
    rows = [[escape(cell) for cell in substitute_row(each)] for each in slot.substitutes[:_SUBSTITUTES]]
    return page(
        [
            f"## {escape(slot_title(slot))}",
            table(SUBSTITUTE_HEADINGS, rows) if rows else "",
            bullets(ruled_out_sentences(slot.ruled_out[:_SUBSTITUTES])),
        ]
    ).rstrip()
