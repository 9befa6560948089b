"""REST_8 and REST_14_AFTER_24: hours between periods of work, more of them after 24 hours with call."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.acgme.facts import Facts
from residency.acgme.findings import Finding, Force
from residency.acgme.outcome import Measure, Outcome, hours, instant_findings, number
from residency.acgme.rules import Rest

REST_8, REST_14 = "REST_8", "REST_14_AFTER_24"
LOCAL_REST = "LOCAL_REST_10"


@dataclass(frozen=True, slots=True)
class Gaps:
    """Rest between neighbouring periods of work of one person, places on the axis; shapes (G,)."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    after_call: NDArray[np.bool_]
    """Whether the period before lasted long enough, with in-house call in it, to ask for the longer rest."""

    @property
    def minutes(self) -> NDArray[np.int64]:
        """Length of each; shape (G,)."""
        return self.end - self.start


def gaps_between_work(facts: Facts) -> Gaps:
    """All rest between scheduled work; what is done during home call neither begins nor ends it (VI.F.8)."""
    spans, line = facts.scheduled, facts.timeline
    of = line.person(spans.start)
    before = np.flatnonzero(of[1:] == of[:-1])
    start, end = spans.end[before], spans.start[before + 1]
    needed = round(facts.rules.rules.REST_14_AFTER_24.after_hours * 60)
    long = spans.length[before] >= needed
    call = facts.in_house_call.within(spans.start[before], spans.end[before]) > 0
    return Gaps(start, end, long & call)


def judge_rest(facts: Facts, gaps: Gaps) -> list[Outcome]:
    """The outcomes of both rules, and of the local one where it is in force (VI.F.2.b, VI.F.2.c)."""
    rules = facts.rules.rules
    reported = facts.reported(gaps.end)
    after_call, ordinary = reported & gaps.after_call, reported & ~gaps.after_call
    outcomes = [
        _judge(facts, gaps, REST_8, rules.REST_8, ordinary),
        _judge(
            facts,
            gaps,
            REST_14,
            Rest(**rules.REST_14_AFTER_24.model_dump(exclude={"after_hours"})),
            after_call,
        ),
    ]
    if rules.LOCAL_REST_10 is not None and rules.LOCAL_REST_10.enabled:
        told = round(rules.REST_8.min_hours * 60)
        told_after_call = round(rules.REST_14_AFTER_24.min_hours * 60)
        new = reported & (gaps.minutes >= np.where(gaps.after_call, told_after_call, told))
        outcomes.append(_judge(facts, gaps, LOCAL_REST, rules.LOCAL_REST_10, new))
    return outcomes


def _judge(facts: Facts, gaps: Gaps, name: str, rule: Rest, which: NDArray[np.bool_]) -> Outcome:
    minutes = gaps.minutes
    short = which & (minutes < round(rule.min_hours * 60))
    findings = _findings(facts, gaps, name, rule, rule.force, rule.min_hours, short)
    if rule.should_hours is not None:
        brief = which & ~short & (minutes < round(rule.should_hours * 60))
        findings += _findings(facts, gaps, name, rule, "should", rule.should_hours, brief)
    return Outcome(
        rule=name,
        severity=rule.severity,
        checked=int(which.sum()),
        findings=findings,
        looked=facts.window_of(gaps.end[which]),
        broken=facts.window_of(gaps.end[short]) if rule.force == "must" else facts.window_of(gaps.end[:0]),
    )


def _findings(
    facts: Facts, gaps: Gaps, name: str, rule: Rest, force: str, least: float, which: NDArray[np.bool_]
) -> list[Finding]:
    line, end = facts.timeline, " are required" if force == "must" else " should be given"
    edges = gaps.start[which], gaps.end[which]
    starts, ends = (line.minute(edge).tolist() for edge in edges)
    measures = (
        Measure(
            (stop - start) / 60,
            least,
            "h",
            f"{line.clock(start)} to {line.clock(stop)} is {hours(stop - start)} of rest"
            f"{' after 24 h with in-house call' if after else ''}; at least {number(least)} h{end}",
        )
        for start, stop, after in zip(starts, ends, gaps.after_call[which].tolist(), strict=True)
    )
    return instant_findings(facts, name, Force(force), rule.severity, edges, measures)
