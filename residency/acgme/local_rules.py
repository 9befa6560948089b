"""A program's own warnings: runs of duty days, moonlighting, hours near the limit, recovery, days away."""

import numpy as np

from residency.acgme.facts import Facts
from residency.acgme.findings import Finding, Force
from residency.acgme.kinds import MOONLIGHTING
from residency.acgme.outcome import Measure, Outcome, days_finding, half_days, hours, number, window_finding
from residency.acgme.rules import MostDays, MostHours, Rule
from residency.acgme.spans import Spans
from residency.acgme.timeline import day_number, day_of, monday
from residency.acgme.weekly_hours import WeeklyHours, sum_of_week
from residency.program.calendar import academic_year, academic_year_period

_RUNS = ("LOCAL_DUTY_DAYS_6", "LOCAL_DUTY_DAYS_13")
_WEEK = 7


def judge_local(facts: Facts, weekly: WeeklyHours) -> list[Outcome]:
    """The outcomes of the local rules that are in force, those on rest and call nights apart."""
    rules = facts.rules.rules
    outcomes: list[Outcome] = []
    for name in _RUNS:
        rule = getattr(rules, name)
        if isinstance(rule, MostDays) and rule.enabled:
            outcomes.append(_duty_days(facts, name, rule))
    if (mark := rules.LOCAL_HOURS_76) is not None and mark.enabled:
        outcomes.append(_near_limit(facts, weekly, mark))
    if (most := rules.LOCAL_MOONLIGHTING_20) is not None and most.enabled:
        outcomes.append(_moonlighting(facts, most))
    if (recovery := rules.LOCAL_RECOVERY) is not None and recovery.enabled:
        outcomes.append(_recovery(facts, recovery))
    if (away := rules.LOCAL_AWAY_28) is not None and away.enabled:
        outcomes.append(_away(facts, away))
    return outcomes


def _duty_days(facts: Facts, name: str, rule: MostDays) -> Outcome:
    """Days in a row on which any hours count."""
    spans, line = facts.counted, facts.timeline
    person = line.person(spans.start).astype(np.int32)
    first = line.day(line.minute(spans.start))
    last = line.day(line.minute(spans.end) - 1) + 1
    runs = Spans.merged(facts.day_at(person, first), facts.day_at(person, last))
    of, begin, end = facts.days_at(runs.start, runs.end)
    reported = facts.reported(facts.axis_of_days(of, end) - 1)
    findings: list[Finding] = []
    for at in np.flatnonzero(reported & (runs.length > rule.max_days)).tolist():
        count = int(runs.length[at])
        measure = Measure(
            float(count),
            float(rule.max_days),
            "days",
            f"{count} duty days in a row; more than {rule.max_days}",
        )
        days = int(begin[at]), int(end[at])
        findings.append(
            days_finding(facts, name, Force(rule.force), rule.severity, int(of[at]), days, measure)
        )
    return Outcome(name, rule.severity, int(reported.sum()), findings)


def _near_limit(facts: Facts, weekly: WeeklyHours, rule: MostHours) -> Outcome:
    """Averages above the local mark that do not break the limit itself."""
    name = "LOCAL_HOURS_76"
    findings: list[Finding] = []
    for window in np.flatnonzero(weekly.beyond(rule.max_hours) & ~weekly.over).tolist():
        minutes, countable = int(weekly.minutes[window]), int(facts.countable[window])
        value = float(weekly.averages[window])
        text = sum_of_week(minutes, facts.windows.length(window), countable, value)
        measure = Measure(
            value, rule.max_hours, "h/week", f"{text}; the local mark is {number(rule.max_hours)}"
        )
        findings.append(window_finding(facts, name, Force(rule.force), rule.severity, window, measure))
    return Outcome(name, rule.severity, int((facts.countable > 0).sum()), findings)


def _moonlighting(facts: Facts, rule: MostHours) -> Outcome:
    """Moonlighting of more than so many hours in a week from Monday to Monday."""
    name = "LOCAL_MOONLIGHTING_20"
    spans, line = facts.union_of(*MOONLIGHTING), facts.timeline
    begin, last = (monday(line.day(line.minute(edge))) for edge in (spans.start, spans.end - 1))
    weeks = (last - begin) // _WEEK + 1
    span = np.repeat(np.arange(len(spans)), weeks)
    week = begin[span] + _WEEK * (np.arange(len(span)) - np.repeat(np.cumsum(weeks) - weeks, weeks))
    touched = np.unique(np.column_stack((line.person(spans.start)[span], week)), axis=0)
    of, first = touched[:, 0].astype(np.int32), touched[:, 1]
    minutes = spans.within(facts.axis_of_days(of, first), facts.axis_of_days(of, first + _WEEK))
    reported = facts.reported(facts.axis_of_days(of, first + _WEEK) - 1)
    findings: list[Finding] = []
    for at in np.flatnonzero(reported & (minutes > round(rule.max_hours * 60))).tolist():
        text = f"{hours(int(minutes[at]))} of moonlighting in one week; more than {number(rule.max_hours)} h"
        measure = Measure(int(minutes[at]) / 60, rule.max_hours, "h", text)
        days = int(first[at]), int(first[at]) + _WEEK
        findings.append(
            days_finding(facts, name, Force(rule.force), rule.severity, int(of[at]), days, measure)
        )
    return Outcome(name, rule.severity, int(reported.sum()), findings)


def _recovery(facts: Facts, rule: Rule) -> Outcome:
    """No counted hours on days owed as recovery after a deployment or convalescence."""
    name = "LOCAL_RECOVERY"
    findings: list[Finding] = []
    for person, first, last in facts.record.recovery:
        days = day_number(first), day_number(last)
        of = np.array([person, person], np.int32)
        begin, end = facts.axis_of_days(of, np.array(days, np.int64))
        worked = int(facts.counted.within(np.array([begin]), np.array([end]))[0])
        if worked and facts.reported(np.array([end - 1]))[0]:
            text = f"{hours(worked)} of duty on {days[1] - days[0]} days of recovery"
            measure = Measure(worked / 60, 0.0, "h", text)
            findings.append(
                days_finding(facts, name, Force(rule.force), rule.severity, person, days, measure)
            )
    return Outcome(name, rule.severity, len(facts.record.recovery), findings)


def _away(facts: Facts, rule: MostDays) -> Outcome:
    """More than so many days away in an academic year, which may extend the training."""
    name = "LOCAL_AWAY_28"
    leave, people = facts.record.leave, np.arange(facts.people)
    findings: list[Finding] = []
    # All leave counts, also that beyond the days on which there is duty.
    edges = (int(leave.first.min()), int(leave.last.max())) if len(leave.person) else (0, 0)
    width = edges[1] - edges[0] + 1
    at = width * leave.person.astype(np.int64) - edges[0]
    taken = Spans.merged(at + leave.first, at + leave.last)
    years = range(academic_year(day_of(edges[0] // 2)), academic_year(day_of(edges[1] // 2)) + 1)
    for year in years:
        period = academic_year_period(year)
        first, last = day_number(period.start), day_number(period.end)
        begin, end = (
            width * people + min(max(2 * day, edges[0]), edges[1]) - edges[0] for day in (first, last)
        )
        away = taken.within(begin, end)
        for person in np.flatnonzero(away > 2 * rule.max_days).tolist():
            count = int(away[person])
            text = f"{half_days(count)} days away in the academic year {year}; more than {rule.max_days}"
            measure = Measure(count / 2, float(rule.max_days), "days", text)
            findings.append(
                days_finding(
                    facts, name, Force(rule.force), rule.severity, person, (first, last), measure, count
                )
            )
    return Outcome(name, rule.severity, len(people) * len(years), findings)
