"""What one rule found, and the words and figures that its findings are made of."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from residency.acgme.facts import Facts
from residency.acgme.findings import Finding, Force, NotJudged, Severity
from residency.acgme.spans import Spans
from residency.acgme.timeline import day_of
from residency.program.calendar import academic_year

NO_WINDOWS: NDArray[np.int64] = np.zeros(0, np.int64)
_MOST_INTERVALS = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """The findings of one rule.

    ``looked`` and ``broken`` say in which averaging windows the rule had something to judge and in which it
    was broken; a window may stand there more than once.
    """

    rule: str
    severity: Severity
    checked: int = 0
    findings: list[Finding] = field(default_factory=list[Finding])
    not_judged: list[NotJudged] = field(default_factory=list[NotJudged])
    looked: NDArray[np.int64] = field(default_factory=lambda: NO_WINDOWS)
    broken: NDArray[np.int64] = field(default_factory=lambda: NO_WINDOWS)


@dataclass(frozen=True, slots=True)
class Measure:
    """What was measured against what."""

    value: float
    limit: float
    unit: str
    arithmetic: str
    exception: str = ""


def window_finding(
    facts: Facts, rule: str, force: Force, severity: Severity, window: int, measure: Measure
) -> Finding:
    """A finding of one averaging window; its work is cited."""
    windows = facts.windows
    person = int(windows.person[window])
    begin, until = (int(edge[window]) for edge in facts.window_axis)
    return _finding(
        facts,
        (rule, force, severity),
        person,
        facts.window_label(window),
        measure,
        pgy=_pgy(facts, person, int(windows.first[window])),
        leave_half_days=2 * windows.length(window) - int(facts.countable[window]),
        intervals=_cited(facts, facts.counted, begin, until),
    )


def instant_findings(
    facts: Facts,
    rule: str,
    force: Force,
    severity: Severity,
    edges: tuple[NDArray[np.int64], NDArray[np.int64]],
    measures: Iterable[Measure],
) -> list[Finding]:
    """Findings of periods of work or of rest, given by places on the axis."""
    line, begin = facts.timeline, edges[0]
    starts, ends = (line.minute(edge) for edge in edges)
    person = line.person(begin)
    pgy = facts.pgy_at(person, line.day(starts))
    people: list[int] = person.tolist()
    columns = zip(people, pgy.tolist(), starts.tolist(), ends.tolist(), measures, strict=True)
    what = rule, force, severity
    return [
        _finding(facts, what, of, (line.local(start), line.local(end)), measure, pgy=level or None)
        for of, level, start, end, measure in columns
    ]


def days_finding(
    facts: Facts,
    rule: str,
    force: Force,
    severity: Severity,
    person: int,
    days: tuple[int, int],
    measure: Measure,
    leave_half_days: int = 0,
) -> Finding:
    """A finding of some days ``[first, last)`` of a person.

    An early warning cites nothing: its days are one of very many windows that look alike.
    """
    first, last = days
    intervals: tuple[tuple[str, str], ...] = ()
    if force is not Force.EARLY_WARNING:
        edges = facts.axis_of_days(np.array([person, person], np.int32), np.array(days, np.int64))
        intervals = _cited(facts, facts.counted, int(edges[0]), int(edges[1]))
    return _finding(
        facts,
        (rule, force, severity),
        person,
        (day_of(first).isoformat(), day_of(last).isoformat()),
        measure,
        pgy=_pgy(facts, person, first),
        leave_half_days=leave_half_days,
        intervals=intervals,
    )


def _finding(
    facts: Facts,
    what: tuple[str, Force, Severity],
    person: int,
    window: tuple[str, str],
    measure: Measure,
    *,
    pgy: int | None,
    leave_half_days: int = 0,
    intervals: tuple[tuple[str, str], ...] = (),
) -> Finding:
    rule, force, severity = what
    return Finding(
        rule=rule,
        rule_set=facts.rules.id,
        force=force,
        severity=severity,
        basis=facts.record.basis,
        person=facts.record.people[person],
        window_start=window[0],
        window_end=window[1],
        value=measure.value,
        limit=measure.limit,
        unit=measure.unit,
        arithmetic=measure.arithmetic,
        pgy=pgy,
        leave_half_days=leave_half_days,
        exception=measure.exception,
        intervals=intervals,
    )


def _pgy(facts: Facts, person: int, day: int) -> int | None:
    return facts.record.pgy.get((person, academic_year(day_of(day))))


def _cited(facts: Facts, spans: Spans, begin: int, end: int) -> tuple[tuple[str, str], ...]:
    """The first periods of work that reach into a stretch of the axis, as local times."""
    first = int(np.searchsorted(spans.end, begin, side="right"))
    last = min(int(np.searchsorted(spans.start, end, side="left")), first + _MOST_INTERVALS)
    line = facts.timeline
    return tuple(
        (line.local(start), line.local(stop))
        for start, stop in zip(
            line.minute(spans.start[first:last]).tolist(),
            line.minute(spans.end[first:last]).tolist(),
            strict=True,
        )
    )


def number(value: float) -> str:
    """A figure with at most four decimals and no trailing zeros."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def hours(minutes: int) -> str:
    """Minutes as hours: exact decimals where two are enough, else hours and minutes."""
    if minutes % 3 == 0:
        return f"{number(minutes / 60)} h"
    return f"{minutes // 60} h {minutes % 60} min"


def half_days(count: int) -> str:
    """Half-days as days: ``27.5``."""
    return number(count / 2)
