"""CONTINUOUS_24_4 and PGY1_SHIFT_CAP: how long work may last, and what may follow its first 24 hours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.acgme.facts import Facts
from residency.acgme.findings import Force, NotJudged
from residency.acgme.kinds import AFTER_24_HOURS, AT_WORK, DutyKind
from residency.acgme.outcome import Measure, Outcome, hours, instant_findings, number
from residency.acgme.rules import Continuous
from residency.acgme.spans import Spans
from residency.acgme.timeline import Timeline
from residency.acgme.weekly_hours import NOT_ENOUGH

CONTINUOUS, SHIFT_CAP = "CONTINUOUS_24_4", "PGY1_SHIFT_CAP"
_FIRST_YEAR = 1
_UNKNOWN_PGY_JUDGED_AS = 2


@dataclass(frozen=True, slots=True)
class Overrun:
    """What lies beyond the hours allowed in a row, for periods longer than those; shapes (L,).

    ``work`` minutes are neither transition nor education nor a voluntary stay; ``tail`` are transition and
    education; minutes of a voluntary stay alone are in neither.
    """

    period: NDArray[np.intp]
    work: NDArray[np.int64]
    tail: NDArray[np.int64]
    new_patient: NDArray[np.bool_]


def judge_continuous(facts: Facts) -> Outcome:
    """Up to 24 h of work, then at most 4 h of transition or education without a new patient (VI.F.3.a)."""
    rule = facts.rules.rules.CONTINUOUS_24_4
    spans = facts.at_work
    pgy = _pgy(facts, spans)
    judged = facts.reported(spans.end - 1)
    judged &= np.where(pgy == 0, _UNKNOWN_PGY_JUDGED_AS, pgy) >= rule.min_pgy
    overrun = _overrun(facts, rule, judged)
    over = overrun.work > 0
    tail = overrun.tail > round(rule.max_transition_hours * 60)
    broken = over | tail | overrun.new_patient
    line, edges = facts.timeline, (spans.start[overrun.period[broken]], spans.end[overrun.period[broken]])
    columns = (*(line.minute(edge) for edge in edges), overrun.work[broken], overrun.tail[broken])
    measures = (
        _measure(line, rule, *figures) for figures in zip(*(each.tolist() for each in columns), strict=True)
    )
    return Outcome(
        rule=CONTINUOUS,
        severity=rule.severity,
        checked=int(judged.sum()),
        findings=instant_findings(facts, CONTINUOUS, Force(rule.force), rule.severity, edges, measures),
        looked=facts.window_of(spans.end[judged] - 1),
        broken=facts.window_of(edges[1] - 1),
    )


def _overrun(facts: Facts, rule: Continuous, judged: NDArray[np.bool_]) -> Overrun:
    spans = facts.at_work
    allowed = round(rule.max_hours * 60)
    period = np.flatnonzero(judged & (spans.length > allowed))
    begin, end = spans.start[period] + allowed, spans.end[period]
    at_work = facts.of_kinds(AT_WORK)
    work = facts.union(facts.of_kinds(AT_WORK - AFTER_24_HOURS - {DutyKind.VOLUNTARY_STAY}))
    judged_work = facts.union(facts.of_kinds(AT_WORK - {DutyKind.VOLUNTARY_STAY}))
    new_patients = facts.union(at_work & facts.duties.new_patient)
    scheduled = work.within(begin, end)
    return Overrun(
        period,
        scheduled,
        judged_work.within(begin, end) - scheduled,
        new_patients.within(begin, end) > 0,
    )


def _measure(line: Timeline, rule: Continuous, start: int, end: int, work: int, tail: int) -> Measure:
    """What a broken period was measured against; ``work`` and ``tail`` as in :class:`Overrun`."""
    first, most = number(rule.max_hours), round(rule.max_transition_hours * 60)
    limit = rule.max_hours
    if work:
        reason = f"{hours(work)} of other work follow the first {first} h"
    elif tail > most:
        limit += rule.max_transition_hours
        reason = f"{hours(tail)} of transition and education follow, of which {hours(most)} are allowed"
    else:
        reason = f"a new patient was taken after the first {first} h"
    minutes = round(rule.max_hours * 60) + work + tail
    text = f"{line.clock(start)} to {line.clock(end)} is {hours(end - start)} of continuous duty"
    if stayed := end - start - minutes:
        text += f", {hours(stayed)} of it stayed voluntarily and not judged"
    return Measure(minutes / 60, limit, "h", f"{text}; {reason}")


def judge_shift_cap(facts: Facts) -> Outcome | None:
    """No period of work of a first-year resident beyond the cap; None where the rule set has none."""
    rule = facts.rules.rules.PGY1_SHIFT_CAP
    if rule is None:
        return None
    spans = facts.at_work
    pgy = _pgy(facts, spans)
    reported = facts.reported(spans.end - 1)
    long = reported & (spans.length > round(rule.max_hours * 60))
    first_year = reported & (pgy == _FIRST_YEAR)
    broken = long & first_year
    unknown = long & (pgy == 0)
    measures = (
        Measure(
            minutes / 60,
            rule.max_hours,
            "h",
            f"{hours(minutes)} of continuous duty; a first-year resident may have {number(rule.max_hours)} h",
        )
        for minutes in spans.length[broken].tolist()
    )
    edges = spans.start[broken], spans.end[broken]
    return Outcome(
        rule=SHIFT_CAP,
        severity=rule.severity,
        checked=int(first_year.sum()),
        findings=instant_findings(facts, SHIFT_CAP, Force(rule.force), rule.severity, edges, measures),
        not_judged=unknown_pgy(facts, SHIFT_CAP, spans.start[unknown]),
        looked=facts.window_of(spans.end[first_year] - 1),
        broken=facts.window_of(spans.end[broken] - 1),
    )


def unknown_pgy(facts: Facts, rule: str, starts: NDArray[np.int64]) -> list[NotJudged]:
    """Periods that a rule for some post-graduate years could not judge."""
    line = facts.timeline
    people: list[int] = line.person(starts).tolist()
    minutes: list[int] = line.minute(starts).tolist()
    reason = f"{NOT_ENOUGH}: the person's post-graduate year is not known"
    return [
        NotJudged(rule, facts.record.people[person], line.local(minute), reason)
        for person, minute in zip(people, minutes, strict=True)
    ]


def _pgy(facts: Facts, spans: Spans) -> NDArray[np.int64]:
    """The post-graduate year at the beginning of each period, 0 where unknown; shape (S,)."""
    line = facts.timeline
    return facts.pgy_at(line.person(spans.start), line.day(line.minute(spans.start)))
