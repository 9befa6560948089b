"""HOURS_80: hours a week averaged over each window, approved exceptions, and the rolling early warning."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from residency.acgme.facts import Facts
from residency.acgme.findings import Finding, Force, NotJudged, Severity
from residency.acgme.outcome import Measure, Outcome, days_finding, half_days, hours, number, window_finding
from residency.acgme.timeline import day_number

HOURS_80 = "HOURS_80"
EXCEPTION = "HOURS_88_EXCEPTION"
NOT_ENOUGH = "not enough data to judge"
_ROLLING_DAYS = 28
_GRID_CELLS = 4_000_000
_HALF_DAYS_A_WEEK = 14


@dataclass(frozen=True)
class WeeklyHours:
    """The weekly hours of every window, and what follows from them."""

    facts: Facts

    @cached_property
    def minutes(self) -> NDArray[np.int64]:
        """Minutes worked in each window; shape (W,)."""
        return self.facts.counted.within(*self.facts.window_axis)

    @cached_property
    def averages(self) -> NDArray[np.float64]:
        """Average hours a week of each window; NaN without a countable day; shape (W,)."""
        countable = self.facts.countable
        over = np.where(countable > 0, 60.0 * countable, np.nan)
        return _HALF_DAYS_A_WEEK * self.minutes / over

    @cached_property
    def limits(self) -> tuple[NDArray[np.float64], list[str]]:
        """The limit of each window in hours a week, shape (W,), and the exception behind it or ""."""
        windows, rules = self.facts.windows, self.facts.rules.rules
        limits = np.full(len(windows), float(rules.HOURS_80.max_hours))
        names = [""] * len(windows)
        for approved in self.facts.record.exceptions:
            first, last = day_number(approved.start), day_number(approved.end)
            covered = (windows.person == approved.person) & (windows.first >= first) & (windows.last <= last)
            limit = min(approved.limit, rules.HOURS_88_EXCEPTION.max_hours)
            for window in np.flatnonzero(covered & (limits < limit)).tolist():
                limits[window], names[window] = limit, approved.name
        return limits, names

    def beyond(self, limits: NDArray[np.float64] | float) -> NDArray[np.bool_]:
        """Which windows exceed so many hours a week, compared exactly in hundredths; shape (W,)."""
        allowed = np.rint(np.asarray(limits) * 100).astype(np.int64) * 60 * self.facts.countable
        return (self.facts.countable > 0) & (100 * _HALF_DAYS_A_WEEK * self.minutes > allowed)

    @cached_property
    def over(self) -> NDArray[np.bool_]:
        """Which windows exceed their limit; shape (W,)."""
        return self.beyond(self.limits[0])

    def judge(self) -> tuple[Outcome, Outcome]:
        """The outcomes of HOURS_80 and of its exception (VI.F.1, VI.F.4)."""
        facts, rule, over = self.facts, self.facts.rules.rules.HOURS_80, self.over
        limits, names = self.limits
        judged = (facts.countable > 0) & (over | ~facts.incomplete)
        findings = [
            window_finding(
                facts,
                HOURS_80,
                Force(rule.force),
                rule.severity,
                window,
                self._measure(window, limits, names),
            )
            for window in np.flatnonzero(over).tolist()
        ]
        excepted = np.array([bool(name) for name in names], np.bool_)
        return Outcome(
            rule=HOURS_80,
            severity=rule.severity,
            checked=int(judged.sum()),
            findings=findings + self._early_warnings(),
            not_judged=not_judged(facts, HOURS_80, ~judged),
            looked=np.flatnonzero(judged),
            broken=np.flatnonzero(over),
        ), Outcome(EXCEPTION, rule.severity, checked=int((judged & excepted).sum()))

    def _measure(self, window: int, limits: NDArray[np.float64], names: list[str]) -> Measure:
        facts = self.facts
        limit, name = float(limits[window]), names[window]
        minutes, countable = int(self.minutes[window]), int(facts.countable[window])
        value = _HALF_DAYS_A_WEEK * minutes / (60 * countable)
        text = sum_of_week(minutes, facts.windows.length(window), countable, value)
        text += f"; the limit is {number(limit)}"
        if name:
            text += f" by the exception {name}"
        return Measure(value, limit, "h/week", text, name)

    def _early_warnings(self) -> list[Finding]:
        """The worst rolling 28 days of each stretch that comes near the limit; never a verdict."""
        levels = self.facts.rules.rules.HOURS_80.early_warning_hours
        if not levels:
            return []
        found: list[Finding] = []
        per_chunk = max(1, _GRID_CELLS // (self.facts.timeline.days + 1))
        for first in range(0, self.facts.people, per_chunk):
            people = np.arange(first, min(first + per_chunk, self.facts.people))
            found += self._early_warnings_of(people, levels)
        return found

    def _early_warnings_of(self, people: NDArray[np.int64], levels: tuple[float, ...]) -> list[Finding]:
        facts, line = self.facts, self.facts.timeline
        days = np.arange(line.first_day, line.last_day + 1)
        worked = _rolling(_grid(facts, people, days))
        begins = days[:-_ROLLING_DAYS]
        countable = 2 * _ROLLING_DAYS - _rolling(_leave_grid(facts, people, days))
        inside = facts.has_duty[people, None] & (begins >= facts.first_day[people, None])
        inside &= begins + _ROLLING_DAYS <= facts.last_day[people, None] + 1
        near = inside & (countable > 0) & (_HALF_DAYS_A_WEEK * worked >= round(levels[0] * 60) * countable)
        rows, columns = np.nonzero(near)
        if not len(rows):
            return []
        average = _HALF_DAYS_A_WEEK * worked[rows, columns] / (60 * countable[rows, columns])
        new = np.concatenate(([True], (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1] + 1)))
        edges = np.append(np.flatnonzero(new), len(rows))
        worst = [int(low + np.argmax(average[low:high])) for low, high in pairwise(edges.tolist())]
        return [
            self._early_warning(
                int(people[rows[at]]),
                int(begins[columns[at]]),
                int(worked[rows[at], columns[at]]),
                int(countable[rows[at], columns[at]]),
                levels,
            )
            for at in worst
            if self._is_reported(int(begins[columns[at]]) + _ROLLING_DAYS)
        ]

    def _is_reported(self, last: int) -> bool:
        report = self.facts.record.report
        return report is None or day_number(report[0]) < last <= day_number(report[1])

    def _early_warning(
        self, person: int, begin: int, minutes: int, countable: int, levels: tuple[float, ...]
    ) -> Finding:
        value = _HALF_DAYS_A_WEEK * minutes / (60 * countable)
        exact = _HALF_DAYS_A_WEEK * minutes
        last = levels[-1]
        reached = [
            level
            for level in levels
            if (
                exact > round(level * 60) * countable
                if level == last
                else exact >= round(level * 60) * countable
            )
        ]
        text = sum_of_week(minutes, _ROLLING_DAYS, countable, value)
        text += f"; the mark of {number(reached[-1])} is reached, a rolling average is never the verdict"
        return days_finding(
            self.facts,
            HOURS_80,
            Force.EARLY_WARNING,
            Severity.LOW,
            person,
            (begin, begin + _ROLLING_DAYS),
            Measure(value, reached[-1], "h/week", text),
            2 * _ROLLING_DAYS - countable,
        )

    def fullest_weeks(self) -> NDArray[np.int64]:
        """Minutes of each person's fullest week from Monday to Monday; shape (P,)."""
        facts, line = self.facts, self.facts.timeline
        mondays = np.arange(line.first_day, line.last_day + 1, 7)
        fullest = np.zeros(facts.people, np.int64)
        per_chunk = max(1, _GRID_CELLS // len(mondays))
        for first in range(0, facts.people, per_chunk):
            people = np.arange(first, min(first + per_chunk, facts.people))
            weeks = np.diff(_grid(facts, people, mondays), axis=1)
            fullest[people] = weeks.max(axis=1)
        return fullest


def sum_of_week(minutes: int, days: int, countable: int, value: float) -> str:
    """How an average came about, to be followed with a pencil."""
    away = 2 * days - countable
    if away:
        divisor = f"{days} days less {half_days(away)} of leave = {half_days(countable)}"
    else:
        divisor = f"{days} days"
    worked = hours(minutes)
    return f"{worked} in {divisor}; {worked} / ({half_days(countable)} / 7) = {number(value)} h a week"


def not_judged(facts: Facts, rule: str, which: NDArray[np.bool_]) -> list[NotJudged]:
    """Windows that a rule could not judge, each with its reason."""
    limit = facts.rules.missing_data_days
    found: list[NotJudged] = []
    for window in np.flatnonzero(which).tolist():
        person = facts.record.people[int(facts.windows.person[window])]
        reason = (
            f"{NOT_ENOUGH}: {limit} or more days in a row have neither duty nor leave"
            if facts.countable[window]
            else "no countable day: the whole window is leave"
        )
        found.append(NotJudged(rule, person, facts.window_label(window)[0], reason))
    return found


def _grid(facts: Facts, people: NDArray[np.int64], days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Minutes that people have worked before the beginning of each day; shape (people, days)."""
    return facts.counted.before(facts.axis_of_days(people[:, None], days[None, :]))


def _leave_grid(facts: Facts, people: NDArray[np.int64], days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Half-days that people have been away before the beginning of each day; shape (people, days)."""
    at = facts.half_day_at(people[:, None], 2 * days[None, :])
    return facts.leave_half_days.before(at)


def _rolling(grid: NDArray[np.int64]) -> NDArray[np.int64]:
    return grid[:, _ROLLING_DAYS:] - grid[:, :-_ROLLING_DAYS]
