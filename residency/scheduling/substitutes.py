"""Who can take each slot that an absence opens, best first and with what it does to them, and who cannot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from residency.acgme.findings import Finding
from residency.program.records import ROLES, CallShift
from residency.program.snapshot import Snapshot
from residency.quality.cohorts import members
from residency.quality.fairness import gini
from residency.quality.metrics import program_hours
from residency.scheduling.absence_case import AbsenceCase
from residency.scheduling.bench import Bench, Offer, Refusal
from residency.scheduling.cover_results import Kind, Need, OpenSlot, RuledOut, Substitute
from residency.scheduling.openings import CallOpening, Opening, SlotOpening, openings
from residency.scheduling.variants import Effect, effects

MOST_SUBSTITUTES = 10
"""People told of for each slot."""

_UNBOUND = "attendings are not bound by the duty-hours rules"
_FINE = "breaks no rule and brings no new warning"
_A_NIGHT = timedelta(hours=24)
_KINDS: tuple[Kind, ...] = ("duty_hours", "supervision", "work", "call", "availability", "eligibility")
"""What rules people out, nearest to yes first."""


@dataclass(frozen=True, slots=True)
class _Cohort:
    """People who are compared, those without any availability left out."""

    name: str
    people: NDArray[np.intp]
    weight: NDArray[np.float64]
    loads: NDArray[np.float64]


def substitutes(
    case: AbsenceCase, labels: Sequence[str], most: int = MOST_SUBSTITUTES
) -> tuple[OpenSlot, ...]:
    """Every slot and call shift that opens, with who could take it by itself.

    Whoever takes one is eligible, there, and free or on work that nobody would miss and that is not locked;
    no must rule is broken by it that is not broken already, or is broken further. Those who would be new in
    no warning come first; then the least loss of fairness in the cohort, the fewest other changes, the fewer
    hours in the window, and the name.

    Args:
        case: who is away and when.
        labels: what people are called, one for each of the program's people.
        most: people told of for each slot.
    """
    bench = Bench(case)
    found = openings(case)
    asked = [list(_ask(bench, each)) for each in found]
    offers = [each for answers in asked for each in answers if isinstance(each, Offer)]
    judged = dict(zip(map(id, offers), effects(case, [each.variant for each in offers]), strict=True))
    cohorts = _cohorts(case)
    return tuple(
        _slot(case, opening, answers, judged, cohorts, labels, most)
        for opening, answers in zip(found, asked, strict=True)
    )


def _ask(bench: Bench, opening: Opening) -> Iterable[Offer | Refusal]:
    return bench.for_slot(opening) if isinstance(opening, SlotOpening) else bench.for_call(opening.shift)


def _cohorts(case: AbsenceCase) -> dict[int, _Cohort]:
    """The cohort of each person who has any availability in the window, by their row."""
    who = members(case.away, Snapshot.of(case.away, case.window))
    hours = program_hours(case.away, case.window).hours
    found: dict[int, _Cohort] = {}
    for name in set(who.cohort):
        chosen = [place for place, each in enumerate(who.cohort) if each == name and who.weight[place] > 0]
        people, weight = who.row[chosen], who.weight[chosen]
        cohort = _Cohort(name, people, weight, hours[people] / weight)
        found.update(dict.fromkeys(people.tolist(), cohort))
    return found


def _slot(
    case: AbsenceCase,
    opening: Opening,
    answers: Sequence[Offer | Refusal],
    judged: dict[int, Effect],
    cohorts: dict[int, _Cohort],
    labels: Sequence[str],
    most: int,
) -> OpenSlot:
    refusals = [each for each in answers if isinstance(each, Refusal)]
    ranked: list[tuple[tuple[bool, float, int, float, str, str], Substitute]] = []
    for offer in answers:
        if isinstance(offer, Refusal):
            continue
        effect, person = judged[id(offer)], offer.variant.person
        if effect.violations:
            refusals += [_breach(person, finding) for finding in effect.violations[:1]]
            continue
        told = _substitute(case, offer, effect, cohorts.get(person), labels[person])
        who = case.away.people[person]
        ranked.append(((*_rank(told), who.name, who.id), told))
    best = [told for _, told in sorted(ranked, key=lambda each: each[0])]
    return _told(case, opening, len(best), tuple(best[:most]), ruled_out(refusals, labels))


def _breach(person: int, finding: Finding) -> Refusal:
    reason = f"would break {finding.rule}: {finding.arithmetic}"
    return Refusal(person, "duty_hours", reason, finding.rule)


def _rank(told: Substitute) -> tuple[bool, float, int, float]:
    before, after = told.fairness_before, told.fairness_after
    loss = 0.0 if before is None or after is None else round(before - after, 9)
    return bool(told.new_warnings), loss, told.other_changes, told.hours_before


def _substitute(
    case: AbsenceCase, offer: Offer, effect: Effect, cohort: _Cohort | None, label: str
) -> Substitute:
    person = offer.variant.person
    warnings = tuple(f"{each.rule}: {each.arithmetic}" for each in effect.warnings)
    acgme = f"new warning {'; '.join(warnings)}" if warnings else _FINE
    before, after = _fairness(cohort, person, effect.hours_after)
    return Substitute(
        person=label,
        cohort=cohort.name if cohort else "",
        hours_before=effect.hours_before,
        hours_after=effect.hours_after,
        fairness_before=before,
        fairness_after=after,
        rest_before=effect.rest_before,
        rest_after=effect.rest_after,
        gives_up=offer.gives_up,
        gaps_elsewhere=offer.gaps,
        new_warnings=warnings,
        acgme=acgme if case.after.is_resident[person] else _UNBOUND,
    )


def _fairness(cohort: _Cohort | None, person: int, hours: float) -> tuple[float | None, float | None]:
    """Fairness of a cohort, and the same when one of its people has other hours; None without a cohort."""
    if cohort is None:
        return None, None
    loads = cohort.loads.copy()
    mine = cohort.people == person
    loads[mine] = hours / cohort.weight[mine]
    return 1 - (gini(cohort.loads) or 0.0), 1 - (gini(loads) or 0.0)


def ruled_out(refusals: Iterable[Refusal], labels: Sequence[str]) -> tuple[RuledOut, ...]:
    """Refusals of one reason together, those nearest to yes first and then by how many they are."""
    together: dict[tuple[Kind, str, str | None], list[str]] = {}
    for each in refusals:
        together.setdefault((each.kind, each.reason, each.rule), []).append(labels[each.person])
    groups = [
        RuledOut(kind=kind, reason=reason, rule=rule, people=tuple(sorted(people)))
        for (kind, reason, rule), people in together.items()
    ]
    return tuple(sorted(groups, key=lambda each: (_KINDS.index(each.kind), -len(each.people), each.reason)))


def _told(
    case: AbsenceCase,
    opening: Opening,
    candidates: int,
    best: tuple[Substitute, ...],
    out: tuple[RuledOut, ...],
) -> OpenSlot:
    if isinstance(opening, CallOpening):
        shift = opening.shift
        return OpenSlot(
            day=case.book.night(shift).day,
            half=None,
            starts_at=shift.start,
            ends_at=shift.end,
            label=shift_label(case, shift),
            what=f"{shift.kind} call",
            service=None,
            role=None,
            required_by=("call",),
            candidates=candidates,
            substitutes=best,
            ruled_out=out,
        )
    needs: tuple[tuple[Need, bool], ...] = (
        ("coverage", opening.of_post),
        ("supervision", opening.of_supervision),
    )
    return OpenSlot(
        day=case.scope.day(opening.block),
        half=case.scope.half(opening.block),
        starts_at=None,
        ends_at=None,
        label=case.scope.label(opening.block),
        what=service_label(case, opening.service, opening.role),
        service=case.after.service_ids[opening.service],
        role=ROLES[opening.role],
        required_by=tuple(name for name, holds in needs if holds),
        candidates=candidates,
        substitutes=best,
        ruled_out=out,
    )


def service_label(case: AbsenceCase, service: int, role: int) -> str:
    """``Colposcopy`` or ``Clinic (supervising)``."""
    name = case.after.service_names[service]
    return name if role == 0 else f"{name} ({ROLES[role]})"


def shift_label(case: AbsenceCase, shift: CallShift) -> str:
    """``the night of Tue 3 Mar``, or for longer call ``Fri 6 Mar 17:00 to Mon 9 Mar 07:00``."""
    night = case.book.night(shift)
    if shift.end - shift.start < _A_NIGHT:
        return night.label
    zone = ZoneInfo(case.away.timezone)
    first, last = (instant.astimezone(zone) for instant in (shift.start, shift.end))
    return f"{first:%a} {first.day} {first:%b %H:%M} to {last:%a} {last.day} {last:%b %H:%M}"
