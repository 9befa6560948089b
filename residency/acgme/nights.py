"""CALL_Q3, HOME_CALL and NIGHT_FLOAT: nights of call and of night float, by window and in a row."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.acgme.facts import Facts
from residency.acgme.findings import Finding, Force
from residency.acgme.kinds import DutyKind
from residency.acgme.outcome import Measure, Outcome, days_finding, half_days, number, window_finding
from residency.acgme.rules import MostNights, NightShare
from residency.acgme.spans import Spans
from residency.acgme.weekly_hours import not_judged

CALL_Q3, HOME_CALL, NIGHT_FLOAT = "CALL_Q3", "HOME_CALL", "NIGHT_FLOAT"
LOCAL_CALL_NIGHTS = "LOCAL_CALL_NIGHTS_2"


@dataclass(frozen=True)
class Nights:
    """Nights of people as runs of days on an axis of days: those whose ending midnight lies in some duty."""

    facts: Facts
    runs: Spans

    @classmethod
    def of(cls, facts: Facts, spans: Spans) -> "Nights":
        """The nights of a union of duty."""
        line = facts.timeline
        person = line.person(spans.start)
        first, last = line.nights(line.minute(spans.start), line.minute(spans.end))
        there = last > first
        of = person[there].astype(np.int32)
        return cls(facts, Spans.merged(facts.day_at(of, first[there]), facts.day_at(of, last[there])))

    def in_windows(self) -> NDArray[np.int64]:
        """Nights on the dates of each averaging window; shape (W,)."""
        windows = self.facts.windows
        return self.runs.within(
            self.facts.day_at(windows.person, windows.first), self.facts.day_at(windows.person, windows.last)
        )


def judge_call(facts: Facts) -> Outcome:
    """In-house call no more often than every third night, averaged over each window (VI.F.7)."""
    rule = facts.rules.rules.CALL_Q3
    nights = Nights.of(facts, facts.in_house_call).in_windows()
    allowed = facts.countable // (2 * rule.one_night_in)
    takes_call = np.zeros(facts.people, np.bool_)
    takes_call[facts.timeline.person(facts.in_house_call.start)] = True
    concerned = takes_call[facts.windows.person]
    over = concerned & (nights > allowed)
    judged = concerned & (over | ~facts.incomplete) & (facts.countable > 0)
    over &= facts.countable > 0
    return Outcome(
        rule=CALL_Q3,
        severity=rule.severity,
        checked=int(judged.sum()),
        findings=[
            window_finding(facts, CALL_Q3, Force(rule.force), rule.severity, window, measure)
            for window in np.flatnonzero(over).tolist()
            for measure in [
                _share(int(nights[window]), int(facts.countable[window]), rule, float(allowed[window]))
            ]
        ],
        not_judged=not_judged(facts, CALL_Q3, concerned & ~judged),
        looked=np.flatnonzero(judged),
        broken=np.flatnonzero(over),
    )


def judge_home_call(facts: Facts) -> Outcome:
    """Home call on more than every second night is told; the free days it spoils are FREE_DAY's (VI.F.8)."""
    rule = facts.rules.rules.HOME_CALL
    nights = Nights.of(facts, facts.home_call).in_windows()
    concerned = (facts.home_call.within(*facts.window_axis) > 0) & (facts.countable > 0)
    often = concerned & (2 * rule.one_night_in * nights > facts.countable)
    judged = concerned & (often | ~facts.incomplete)
    return Outcome(
        rule=HOME_CALL,
        severity=rule.severity,
        checked=int(judged.sum()),
        findings=[
            window_finding(facts, HOME_CALL, Force(rule.frequency_force), rule.severity, window, measure)
            for window in np.flatnonzero(often).tolist()
            for measure in [
                _share(
                    int(nights[window]),
                    int(facts.countable[window]),
                    rule,
                    int(facts.countable[window]) / (2 * rule.one_night_in),
                )
            ]
        ],
        not_judged=not_judged(facts, HOME_CALL, concerned & ~judged),
        looked=np.flatnonzero(judged),
        broken=np.flatnonzero(often if rule.frequency_force == "must" else np.zeros_like(often)),
    )


def _share(nights: int, countable: int, rule: NightShare, allowed: float) -> Measure:
    text = (
        f"{nights} nights; {half_days(countable)} countable days / {rule.one_night_in} = "
        f"{number(countable / 2 / rule.one_night_in)}, so at most {number(allowed)}"
    )
    return Measure(float(nights), allowed, "nights", text)


def judge_night_float(facts: Facts) -> Outcome | None:
    """At most so many nights of night float in a row (VI.F.6); None where the rule set has no such number."""
    rule = facts.rules.rules.NIGHT_FLOAT
    spans = facts.union_of(DutyKind.NIGHT_FLOAT)
    return None if rule is None else _judge_runs(facts, NIGHT_FLOAT, rule, spans, "night float")


def judge_call_runs(facts: Facts) -> Outcome | None:
    """At most so many call nights in a row; None where the rule set has no such number."""
    rule = facts.rules.rules.LOCAL_CALL_NIGHTS_2
    if rule is None or not rule.enabled:
        return None
    return _judge_runs(facts, LOCAL_CALL_NIGHTS, rule, facts.in_house_call, "in-house call")


def _judge_runs(facts: Facts, name: str, rule: MostNights, spans: Spans, what: str) -> Outcome:
    runs = Nights.of(facts, spans).runs
    person, first, last = facts.days_at(runs.start, runs.end)
    ends = facts.axis_of_days(person, last)
    reported = facts.reported(ends - 1)
    long = reported & (runs.length > rule.max_nights)
    findings: list[Finding] = []
    for at in np.flatnonzero(long).tolist():
        count = int(runs.length[at])
        text = f"{count} nights of {what} in a row; at most {rule.max_nights}"
        measure = Measure(float(count), float(rule.max_nights), "nights", text)
        days = int(first[at]), int(last[at])
        findings.append(
            days_finding(facts, name, Force(rule.force), rule.severity, int(person[at]), days, measure)
        )
    return Outcome(
        rule=name,
        severity=rule.severity,
        checked=int(reported.sum()),
        findings=findings,
        looked=facts.window_of(ends[reported] - 1),
        broken=facts.window_of(ends[long if rule.force == "must" else long & False] - 1),
    )
