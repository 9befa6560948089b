"""Judging duty: every rule of a rule set over one record, as a pure function without clock or database."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from residency.acgme.continuous import judge_continuous, judge_shift_cap
from residency.acgme.facts import Facts
from residency.acgme.findings import (
    Checks,
    Finding,
    Judgement,
    NotJudged,
    PersonFigures,
    RuleTally,
    Severity,
    Verdict,
)
from residency.acgme.free_days import free_days, judge_free_days
from residency.acgme.local_rules import judge_local
from residency.acgme.moonlighting import judge_moonlighting
from residency.acgme.nights import judge_call, judge_call_runs, judge_home_call, judge_night_float
from residency.acgme.notes import notes
from residency.acgme.outcome import Outcome
from residency.acgme.record import DutyRecord
from residency.acgme.rest import Gaps, gaps_between_work, judge_rest
from residency.acgme.rules import NATIONAL_RULES, RuleSet
from residency.acgme.spans import Spans
from residency.acgme.timeline import day_of
from residency.acgme.weekly_hours import HOURS_80, NOT_ENOUGH, WeeklyHours


def judge(record: DutyRecord, rules: RuleSet) -> Judgement:
    """Judge one record under one rule set.

    Windows with a gap in their data are broken where even their known hours break a rule, and otherwise not
    judged, which is never a pass. The order of entries, and how they are split, makes no difference.

    Args:
        record: duty, leave, averaging periods and exceptions of some people.
        rules: the rule set.
    """
    facts = Facts.of(record, rules)
    weekly = WeeklyHours(facts)
    gaps = gaps_between_work(facts)
    free = free_days(facts)
    judged: list[Outcome | None] = [
        *weekly.judge(),
        judge_free_days(facts, free),
        *judge_rest(facts, gaps),
        judge_continuous(facts),
        judge_shift_cap(facts),
        judge_moonlighting(facts),
        judge_night_float(facts),
        judge_call(facts),
        judge_home_call(facts),
        judge_call_runs(facts),
        *judge_local(facts, weekly),
    ]
    outcomes = [
        outcome for outcome in judged if outcome is not None and getattr(rules.rules, outcome.rule).enabled
    ]
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    not_applicable = [each for outcome in outcomes for each in outcome.not_judged] + _outside_windows(facts)
    return Judgement(
        rule_set=rules.id,
        basis=record.basis,
        findings=tuple(sorted(findings, key=_order)),
        by_rule=_tallies(outcomes),
        not_applicable=tuple(
            sorted(not_applicable, key=lambda each: (each.person, each.window_start, each.rule))
        ),
        people=_figures(facts, weekly, gaps, free),
        checks=_checks(outcomes),
        notes=notes(facts, weekly),
    )


def _order(finding: Finding) -> tuple[str, str, str, str]:
    return finding.person, finding.window_start, finding.rule, finding.force


def _tallies(outcomes: Sequence[Outcome]) -> dict[str, RuleTally]:
    tallies = dict.fromkeys(NATIONAL_RULES, RuleTally())
    for outcome in outcomes:
        verdicts = [finding.verdict for finding in outcome.findings]
        tallies[outcome.rule] = RuleTally(
            outcome.checked, verdicts.count(Verdict.VIOLATION), verdicts.count(Verdict.WARNING)
        )
    return tallies


def _checks(outcomes: Sequence[Outcome]) -> Checks:
    """One check a rule and averaging window in which it had anything to judge."""
    made, failed = dict.fromkeys(Severity, 0), dict.fromkeys(Severity, 0)
    for outcome in outcomes:
        made[outcome.severity] += len(np.unique(outcome.looked))
        failed[outcome.severity] += len(np.unique(outcome.broken))
    return Checks(made, failed)


def _outside_windows(facts: Facts) -> list[NotJudged]:
    """People of whom nothing is known, and duty that lies in none of its person's averaging periods."""
    people = facts.record.people
    without = ~facts.has_duty
    without[facts.windows.person] = False
    unknown = [
        NotJudged(HOURS_80, people[person], "", f"{NOT_ENOUGH}: the person has no duty entry")
        for person in np.flatnonzero(without).tolist()
    ]
    if facts.record.report is not None:
        return unknown
    inside = Spans.merged(*facts.window_axis)
    starts = facts.counted.start[~inside.holds(facts.counted.start)]
    beyond = np.sort(np.concatenate((starts, inside.end[facts.counted.holds(inside.end)])))
    person, first = np.unique(facts.timeline.person(beyond), return_index=True)
    line = facts.timeline
    days: list[int] = line.day(line.minute(beyond[first])).tolist()
    outside: list[int] = person.tolist()
    return unknown + [
        NotJudged(
            HOURS_80,
            people[of],
            day_of(day).isoformat(),
            "duty from this day on lies in no averaging period of the person and is not averaged",
        )
        for of, day in zip(outside, days, strict=True)
    ]


def _figures(
    facts: Facts, weekly: WeeklyHours, gaps: Gaps, free: NDArray[np.int64]
) -> tuple[PersonFigures, ...]:
    windows = facts.windows
    usable = _usable(facts)
    averages = np.full(facts.people, -np.inf)
    measured = usable & (facts.countable > 0)
    np.maximum.at(averages, windows.person[measured], weekly.averages[measured])
    fewest = np.full(facts.people, np.iinfo(np.int64).max)
    np.minimum.at(fewest, windows.person[usable], free[usable])
    shortest = np.full(facts.people, np.iinfo(np.int64).max)
    reported = facts.reported(gaps.end)
    np.minimum.at(shortest, facts.timeline.person(gaps.start[reported]), gaps.minutes[reported])
    weeks = weekly.fullest_weeks()
    unknown = np.iinfo(np.int64).max
    return tuple(
        PersonFigures(
            person=name,
            max_average_hours=None if averages[at] == -np.inf else float(averages[at]),
            max_week_hours=int(weeks[at]) / 60 if facts.has_duty[at] else None,
            min_gap_hours=None if shortest[at] == unknown else int(shortest[at]) / 60,
            min_free_days=None if fewest[at] == unknown else int(fewest[at]),
        )
        for at, name in enumerate(facts.record.people)
    )


def _usable(facts: Facts) -> NDArray[np.bool_]:
    """The windows that a person's figures come from: the complete ones, or all where none is; shape (W,)."""
    person = facts.windows.person
    has_complete = np.zeros(facts.people, np.bool_)
    has_complete[person[~facts.incomplete]] = True
    return facts.has_duty[person] & (~facts.incomplete | ~has_complete[person])
